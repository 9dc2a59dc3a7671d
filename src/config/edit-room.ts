/** Whether a path of upkeep.yaml has room for a value. Changes nothing but empty values on the way. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import { UpkeepError } from '../core/verb.ts';

/**
 * Makes each key on the way that stands empty a mapping, with its comment.
 * @param text what the document was read from
 * @throws UpkeepError bad-input with place and remedy where a plain value, a list or an alias is in the way
 */
export function makeRoom(document: Document, path: readonly string[], text: string): void {
  for (const depth of path.slice(1).keys()) {
    const before = path.slice(0, depth + 1);
    const node = document.getIn(before, true);
    if (isMap(node)) continue;
    if (node === undefined) return;
    if (!isEmpty(node)) throw noRoom(node, path, depth + 1, text);
    const map = document.createNode({});
    map.flow = false;
    // Beside the key; below it, it would stand behind what is put there.
    if (isScalar(node) && node.comment) map.commentBefore = node.comment;
    document.setIn(before, map);
    return;
  }
}

/** Whether something may be there to be taken away. */
export function leadsSomewhere(document: Document, path: readonly string[]): boolean {
  return path.every((_, depth) => depth === 0 || isMap(document.getIn(path.slice(0, depth), true)));
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function noRoom(node: unknown, path: readonly string[], depth: number, text: string): UpkeepError {
  const kind = isSeq(node) ? 'a list' : isAlias(node) ? 'an alias' : 'a plain value';
  const [at, wanted] = [path.slice(0, depth), path.slice(0, depth + 1)].map((keys) => keys.join('.'));
  return new UpkeepError(
    'bad-input',
    `${placeOf(node, text)}${at}: is ${kind}, so ${wanted} has no place below it; write keys below it, or nothing`,
  );
}

function placeOf(node: unknown, text: string): string {
  const range = isNode(node) ? node.range : null;
  if (!range) return '';
  const before = text.slice(0, range[0]).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1} `;
}
