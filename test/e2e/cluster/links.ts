/**
 * Plays the network itself, in a world apart: what links do to packets is what was asked for. Prints
 * what differs, and ends with 1 if anything does.
 */
import { TemporaryFolder } from "../../kit/folders.ts";
import { Disk } from "../../kit/disks.ts";
import { CUT, type Host, Network } from "../../kit/netns.ts";
import { Program, runProgram } from "../../kit/programs.ts";

const ECHO = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 7))
print("bound", flush=True)
while True:
    data, address = s.recvfrom(100)
    s.sendto(data, address)
`;
const PING = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[3]))
for _ in range(int(sys.argv[2])):
    began = time.monotonic()
    s.sendto(b"x", (sys.argv[1], 7))
    try:
        s.recvfrom(100)
        print(round((time.monotonic() - began) * 1000))
    except OSError:
        print("lost")
`;
const python = "/usr/bin/python3";

using folder = new TemporaryFolder();
const findings: string[] = [];
const expect = (what: string, isSo: boolean) => {
  if (!isSo) findings.push(what);
};
await links();
await clocks();
await power();
for (const finding of findings) console.log(`finding: ${finding}`);
Deno.exit(findings.length === 0 ? 0 : 1);

async function links(): Promise<void> {
  await using network = await Network.open(folder.path, 7);
  const [one, two, three] = [await network.host(1), await network.host(2), await network.host(3)];
  const echoes = [one, two, three].map((host) => network.start(host, python, ["-c", ECHO]));
  for (const echo of echoes) await echo.untilPrinted(/bound/);
  const ping = async (
    from: Host | "clients",
    to: Host,
    count = 1,
    patienceS = 0.4,
  ): Promise<string[]> => {
    const args = ["-c", PING, to.address, `${count}`, `${patienceS}`];
    const program = from === "clients"
      ? new Program(python, args)
      : network.start(from, python, args);
    await program.exited;
    return program.printed.trim().split("\n");
  };
  const isLost = async (from: Host | "clients", to: Host) => (await ping(from, to))[0] === "lost";

  expect(
    "hosts and clients reach each other",
    !await isLost(one, two) && !await isLost("clients", three),
  );
  await network.cut([one], [two]);
  expect("a cut link carries nothing", await isLost(one, two) && await isLost(two, one));
  expect("other links go on", !await isLost(one, three) && !await isLost("clients", one));
  await network.heal();
  expect("a healed link carries again", !await isLost(one, two));
  const before = (await network.carried(one, two)).carried;
  await network.cutOneWay(two, one);
  expect("an answer is lost on a one-way link", await isLost(one, two));
  const { carried } = await network.carried(one, two);
  expect("what was asked came there on a one-way link", carried > before);
  await network.heal();
  await network.link(one, three, { delayMs: 60 });
  const slow = Math.min(...(await ping(one, three, 5)).map(Number));
  expect(`60 ms one way take at least that (${slow} ms)`, slow >= 60);
  await network.link(one, three, { lossPercent: 50 });
  const lost = (await ping(one, three, 40, 0.1)).filter((each) => each === "lost").length;
  expect(`about half is lost at 50 % (${lost} of 40)`, lost > 5 && lost < 35);
  await network.between([one, two, "clients"], [three], CUT);
  expect("a host is cut off from all", await isLost("clients", three) && await isLost(two, three));
  for (const echo of echoes) await echo.stop();
}

async function clocks(): Promise<void> {
  await using network = await Network.open(folder.path, 7);
  const host = await network.host(1);
  const script = "import time\nwhile True: print(round(time.time()), flush=True); time.sleep(0.02)";
  await using program = network.start(host, python, ["-c", script], { hasOwnClock: true });
  await program.untilPrinted(/\d+\n/);
  network.setClock(host, 3_600_000);
  const isAhead = ({ printed }: Program) =>
    Number(printed.trim().split("\n").at(-1)) - Date.now() / 1000 > 3500;
  for (let tries = 0; tries < 200 && !isAhead(program); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect("a clock is an hour ahead while the program runs", isAhead(program));
}

async function power(): Promise<void> {
  const disk = await Disk.make(`${folder.path}/disk`, 50);
  const write = `
import os, sys
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(file, b"synced")
os.fsync(file)
os.write(file, b", and not")
`;
  await runProgram(python, ["-c", write, `${disk.path}/file`]);
  expect(
    "what was written is read",
    Deno.readTextFileSync(`${disk.path}/file`) === "synced, and not",
  );
  await disk.cutPower();
  await disk.unmount();
  await disk.mount();
  expect(
    "only what was synced is there after a power cut",
    Deno.readTextFileSync(`${disk.path}/file`) === "synced",
  );
  await disk.fill();
  let isFull = false;
  try {
    Deno.writeFileSync(`${disk.path}/more`, new Uint8Array(1e6));
  } catch {
    isFull = true;
  }
  expect("a full disk takes no more", isFull);
  disk.free();
  Deno.writeFileSync(`${disk.path}/more`, new Uint8Array(1e6));
  await disk.unmount();
}
