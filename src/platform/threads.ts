/**
 * Threads of this process as the rooms above see them: each has an event loop and a heap of its
 * own, shares nothing with the others, and is spoken to by messages, of which it gets copies.
 */

/** What a thread is met with from outside. */
export interface Thread<Order> {
  tell(order: Order): void;
  /** Ends it at once, as it is; nothing is heard of it any more. Fine to call twice. */
  end(): void;
}

export interface ThreadListener<News> {
  onNews(news: News): void;
  /** It has met an error that nobody caught, and is gone. */
  onCrash(error: Error): void;
}

/** Starts threads; each runs the program's own start again, which finds itself in a thread. */
export interface Threads {
  start<Order, News>(name: string, listener: ThreadListener<News>): Thread<Order>;
  /** How many the machine runs at once. */
  readonly processors: number;
}

/** The other end, in the thread itself. */
export interface ThreadPort<Order, News> {
  tell(news: News): void;
  onOrder(run: (order: Order) => void): void;
}
