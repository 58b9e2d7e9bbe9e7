/** The page of a demo with several nodes: a button for each above the live picture. */

/** `picture` is where the viewer's page is. */
export const nodesPage = (picture: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>streamer: a cluster</title>
<style>
body { margin: 0; font: 15px/1.4 system-ui, sans-serif; display: flex; flex-direction: column; height: 100vh }
header { padding: 12px 16px; display: flex; gap: 12px; flex-wrap: wrap; align-items: center }
.node { border: 1px solid #8886; border-radius: 10px; padding: 8px 12px; display: flex; gap: 12px; align-items: center }
.node i { width: 10px; height: 10px; border-radius: 50%; background: #8888 }
.node[data-state=running] i { background: #0f9d58 }
.node[data-state=failed] i { background: #d33 }
.node small { opacity: .7; display: block }
button { font: inherit; padding: 4px 12px; border-radius: 8px; border: 1px solid #8886; background: none; color: inherit; cursor: pointer }
button:disabled { opacity: .5; cursor: default }
p { margin: 0; padding: 0 16px 12px }
p[data-well=false] { color: #d33 }
iframe { border: 0; border-top: 1px solid #8886; flex: 1 }
</style>
</head>
<body>
<header id="nodes"></header>
<p id="verdict" role="status"></p>
<iframe src="${picture}" title="The live picture"></iframe>
<script>
const nodes = document.getElementById("nodes");
const verdict = document.getElementById("verdict");
async function press(id, what) {
  await fetch("/nodes/" + id + "/" + what, { method: "POST" });
  await look();
}
function show(state) {
  verdict.textContent = state.verdict;
  verdict.dataset.well = state.isWell;
  for (const node of state.nodes) {
    let box = document.getElementById("node-" + node.id);
    if (!box) {
      box = document.createElement("div");
      box.className = "node";
      box.id = "node-" + node.id;
      box.innerHTML = "<i></i><span><b></b><small></small></span><button></button>";
      nodes.append(box);
    }
    box.dataset.state = node.state;
    box.querySelector("b").textContent = "Node " + node.id;
    box.querySelector("small").textContent = node.state + ", " + node.address +
      (node.error ? ": " + node.error : "");
    const button = box.querySelector("button");
    const isUp = node.state === "running";
    button.textContent = isUp ? "Stop" : "Start";
    button.disabled = node.state === "starting" || node.state === "stopping";
    button.onclick = () => press(node.id, isUp ? "stop" : "start");
  }
}
async function look(path = "/nodes") {
  show(await (await fetch(path)).json());
}
async function watch() {
  try {
    await look();
    for (;;) await look("/nodes/later");
  } catch {
    verdict.textContent = "The demo has ended: start it again, and load this page anew";
    verdict.dataset.well = false;
  }
}
watch();
</script>
</body>
</html>
`;
