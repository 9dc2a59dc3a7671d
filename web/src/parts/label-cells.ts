/** Gives every cell of a table the name of its column, so that a narrow screen can show rows as blocks. */

export interface Node {
  readonly type: string;
  readonly tagName?: string;
  readonly value?: string;
  properties?: Record<string, unknown>;
  readonly children?: readonly Node[];
}

/** A plugin of rehype: changes the tree in place. */
export function labelCells() {
  return (tree: Node): void => {
    for (const table of elements(tree, 'table')) {
      const names = elements(table, 'th').map(textOf);
      for (const row of elements(table, 'tr')) {
        for (const [index, cell] of elements(row, 'td').entries())
          cell.properties = { ...cell.properties, dataLabel: names[index] ?? '' };
      }
    }
  };
}

function elements(node: Node, tagName: string): Node[] {
  return (node.children ?? []).flatMap((child) =>
    child.tagName === tagName ? [child] : elements(child, tagName),
  );
}

function textOf(node: Node): string {
  return node.value ?? (node.children ?? []).map(textOf).join('');
}
