/** The words that start Upkeep here, for hints: `upkeep status` helps nobody who has no such command. Pure. */

export interface Call {
  /** The script as it was named, absolute: `/srv/upkeep/bin/upkeep.js`. */
  readonly script: string;
  readonly cwd: string;
  /** Folders of PATH. */
  readonly path: readonly string[];
  /** `npm_lifecycle_event`: the script of package.json that npm runs, `npx` of npx; undefined without npm. */
  readonly npmScript: string | undefined;
}

/** The scripts of Upkeep's own package.json, by which a clone is used. */
const ownScripts = ['start', 'demo', 'upkeep', 'drills'];

/** `upkeep`, `npm run upkeep --`, `npx upkeep`, `node bin/upkeep.js`. */
export function calledAs({ script, cwd, path, npmScript }: Call): string {
  const [folder, name] = [
    script.slice(0, script.lastIndexOf('/')),
    script.slice(script.lastIndexOf('/') + 1),
  ];
  const isClone = /(^|\/)bin\/upkeep\.js$/.test(script) && !script.includes('/node_modules/');
  if (isClone && npmScript !== undefined && ownScripts.includes(npmScript)) return 'npm run upkeep --';
  if (npmScript === 'npx' || folder === `${cwd}/node_modules/.bin`) return 'npx upkeep';
  if (name === 'upkeep') return path.includes(folder) ? 'upkeep' : shown(script, cwd);
  return `node ${shown(script, cwd)}`;
}

/** As it would be typed from there. */
function shown(script: string, cwd: string): string {
  const inside = script.startsWith(`${cwd}/`) ? script.slice(cwd.length + 1) : script;
  return /^[\w./@+-]+$/.test(inside) ? inside : `'${inside.replaceAll("'", `'\\''`)}'`;
}

/**
 * A text whose commands work as they stand; JSON stays as it is, for programs read it.
 * @param words the commands that there are: `upkeep timetable` is none
 */
export function inTheirWords(text: string, call: string, words: readonly string[]): string {
  if (call === 'upkeep' || /^\s*[[{]/.test(text)) return text;
  // Not in a path, an address or a name: `/opt/upkeep run`, `@upkeep status`.
  const command = new RegExp(`(?<![\\w/@.-])upkeep (?=(?:${words.join('|')})(?![\\w-]))`, 'g');
  return text.replace(command, () => `${call} `);
}
