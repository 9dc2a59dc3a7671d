/** CLUSTER NODES: one line a node. */
export interface ClusterNode {
  readonly id: string;
  /** `10.0.0.3:6379` */
  readonly place: string;
  readonly isMaster: boolean;
  readonly isMyself: boolean;
  /** `fail`: the majority agrees; `suspect`: this node alone has not heard of it. */
  readonly health: 'ok' | 'suspect' | 'fail';
  /** Of a replica, the id of its master. */
  readonly of: string | undefined;
  readonly slots: number;
}

export function parseNodes(text: string): ClusterNode[] {
  return text.split('\n').flatMap((line): ClusterNode[] => {
    const [id, address, flags, master, , , , , ...ranges] = line.trim().split(' ');
    if (id === undefined || address === undefined || flags === undefined) return [];
    const all = flags.split(',');
    // One that was just introduced, or whose address was lost, serves nothing yet.
    if (all.includes('handshake') || all.includes('noaddr')) return [];
    return [
      {
        id,
        place: address.replace(/@.*$/, ''),
        isMaster: all.includes('master'),
        isMyself: all.includes('myself'),
        health: all.includes('fail') ? 'fail' : all.includes('fail?') ? 'suspect' : 'ok',
        of: master === '-' ? undefined : master,
        slots: ranges.reduce((sum, range) => sum + slotsIn(range), 0),
      },
    ];
  });
}

/** `0-5460` or `7`; `[93-<-node]` is one that moves and is counted where it is. */
function slotsIn(range: string): number {
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  return from === undefined ? 0 : Number(to ?? from) - Number(from) + 1;
}

export const allSlots = 16_384;
