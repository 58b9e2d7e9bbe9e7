/**
 * Threads as Workers. Each loads the module that the program began with, since that is the one that
 * is there in every form of it: the checkout, the packed file, and what `deno compile` makes.
 */
import type { Thread, ThreadListener, ThreadPort, Threads } from "../threads.ts";

export class DenoThreads implements Threads {
  constructor(private readonly entry: string) {}

  get processors(): number {
    return navigator.hardwareConcurrency;
  }

  start<Order, News>(name: string, listener: ThreadListener<News>): Thread<Order> {
    const worker = new Worker(this.entry, { type: "module", name });
    let hasEnded = false;
    const end = () => {
      if (!hasEnded) worker.terminate();
      hasEnded = true;
    };
    worker.onmessage = ({ data }) => {
      if (!hasEnded) listener.onNews(data);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // or it would be ours
      if (hasEnded) return;
      end();
      const { message, filename, lineno } = event;
      const at = filename ? ` (${filename}:${lineno})` : "";
      listener.onCrash(new Error(`${message.replace(/^Uncaught /, "")}${at}`));
    };
    return { tell: (order) => worker.postMessage(order), end };
  }
}

interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

/** Whether this is a thread, and not where the program began. */
export const isThread = (): boolean => "WorkerGlobalScope" in globalThis;

/**
 * In a thread: the end that leads to whoever started it. Called before anything is awaited, so that
 * no order is missed; those that come before `onOrder` is called wait for it.
 */
export function threadPort<Order, News>(): ThreadPort<Order, News> {
  const scope = globalThis as unknown as WorkerScope;
  const early: Order[] = [];
  scope.onmessage = ({ data }) => early.push(data);
  return {
    tell: (news) => scope.postMessage(news),
    onOrder(run) {
      scope.onmessage = ({ data }) => run(data);
      for (const order of early.splice(0)) run(order);
    },
  };
}
