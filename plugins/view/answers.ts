/** Answers that are not pictures: JSON, errors with what to do, and the page's files. */

/** Something that could not be served, and what the one who asked can do about it. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly advice: string) {
    super(message);
  }
}

export const NO_STORE = { "cache-control": "no-store" };

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value, null, 2)}\n`, {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...NO_STORE, ...headers },
  });
}

export function refusal({ status, message, advice }: Refusal): Response {
  const headers: Record<string, string> = status === 503 ? { "retry-after": "2" } : {};
  return json({ error: message, advice }, status, headers);
}

/**
 * A file of the page. Nothing it names comes from anywhere else, and browsers are told to hold it
 * to that.
 */
export function file(type: string, text: string): Response {
  return new Response(text, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-cache",
      "content-security-policy":
        "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'",
      "x-content-type-options": "nosniff",
    },
  });
}
