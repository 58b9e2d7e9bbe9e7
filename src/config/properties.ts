/** Java's `.properties` files, as `server.properties` and `meta.properties` are. */

/**
 * The names and values of a text: `name=value`, `name: value` or `name value` a line; `#` and `!`
 * begin comments; a line that ends in an odd number of backslashes goes on in the next; `\t \n \r
 * \f`, `\uXXXX` and backslash before anything else are escapes. A name given twice keeps its last
 * value.
 *
 * @example
 * ```ts
 * parseProperties("# where\nlog.dirs = /data\\\n  ,/more").get("log.dirs"); // "/data,/more"
 * ```
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const end = endOfName(line);
    // One separator with blanks around it; blanks alone separate as well.
    const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, "");
    properties.set(unescape(line.slice(0, end)), unescape(value));
  }
  return properties;
}

/** Lines without comments and blanks in front, continued ones joined. */
function* logicalLines(text: string): Generator<string, void, undefined> {
  let begun = "";
  let isContinued = false;
  for (const physical of text.split(/\r\n|\n|\r/)) {
    const line = physical.replace(/^[ \t\f]+/, "");
    if (!isContinued && (line === "" || line.startsWith("#") || line.startsWith("!"))) continue;
    const backslashes = /\\*$/.exec(line)![0].length;
    isContinued = backslashes % 2 === 1;
    begun += isContinued ? line.slice(0, -1) : line;
    if (isContinued) continue;
    yield begun;
    begun = "";
  }
  if (begun !== "") yield begun;
}

function endOfName(line: string): number {
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if ("=: \t\f".includes(line[at])) return at;
  }
  return line.length;
}

const ESCAPES: { readonly [letter: string]: string } = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g,
    (_, code: string | undefined, letter: string) =>
      code === undefined ? ESCAPES[letter] ?? letter : String.fromCharCode(parseInt(code, 16)),
  );
}
