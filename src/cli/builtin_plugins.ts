/**
 * The plugins that come with streamer, each a command by its own name. Loaded when called, as
 * anyone's would be.
 */
export const BUILTIN_PLUGINS: readonly {
  name: string;
  summary: string;
  load(): Promise<unknown>;
}[] = [
  {
    name: "camera",
    summary: "Publish pictures from a camera",
    load: () => import("../../plugins/camera/mod.ts"),
  },
  {
    name: "view",
    summary: "Show the pictures of a topic in the browser",
    load: () => import("../../plugins/view/mod.ts"),
  },
];
