export interface ListedClient {
  readonly id: number;
  /** One letter each: `N` nothing special, `M` and `S` replication, `P` subscriber, `O` monitor, `b` blocked, `x` in MULTI. */
  readonly flags: string;
  readonly address: string;
  readonly name: string;
  readonly user: string;
  readonly ageSeconds: number;
  readonly idleSeconds: number;
  readonly outputBytes: number;
  readonly command: string;
}

/** The lines of CLIENT LIST. */
export function clientsOf(reply: unknown): ListedClient[] {
  return String(reply)
    .split('\n')
    .filter((line) => line.includes('addr='))
    .map((line) => {
      const fields = new Map(
        line.split(' ').map((part): [string, string] => {
          const [name = '', ...value] = part.split('=');
          return [name, value.join('=')];
        }),
      );
      return {
        id: Number(fields.get('id') ?? 0),
        flags: fields.get('flags') ?? '',
        address: fields.get('addr') ?? '',
        name: fields.get('name') ?? '',
        user: fields.get('user') ?? '',
        ageSeconds: Number(fields.get('age') ?? 0),
        idleSeconds: Number(fields.get('idle') ?? 0),
        outputBytes: Number(fields.get('omem') ?? 0),
        command: fields.get('cmd') ?? '',
      };
    });
}
