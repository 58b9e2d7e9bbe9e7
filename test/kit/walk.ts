/** All files below a folder, as full paths, folders of generated or fetched things left out. */
export function walk(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory && !["node_modules", "dist", ".git", ".cache"].includes(entry.name)) {
      found.push(...walk(path));
    } else if (entry.isFile) found.push(path);
  }
  return found;
}
