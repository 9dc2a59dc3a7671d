import { plain } from '../../core/plain.ts';

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

/** Of `flags`: an ordinary client, perhaps without a database of its own. Others wait, subscribe, replicate or watch. */
const ordinary = /^[NUre]+$/;

export const isOrdinary = ({ flags }: ListedClient): boolean => ordinary.test(flags);

/** Where it comes from, without the port. */
export const hostOf = ({ address }: ListedClient): string => address.replace(/:\d+$/, '');

/** What a client calls itself; numbers tell processes of one kind apart and are left out. */
export const nameOf = ({ name }: ListedClient): string => plain(name.replace(/\d+/g, '#'), 60);

export interface ClientGroup {
  /** As `nameOf`; empty where they give themselves no name. */
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly clients: number;
  /** Ordinary clients that have asked nothing for `idleFrom` seconds or longer. */
  readonly idle: number;
  /** Connected for less than twice `idleFrom`: whether they are used is not known yet. */
  readonly fresh: number;
  readonly longestIdleSeconds: number;
  /** What they asked last, most often first. */
  readonly commands: string;
}

/** From so many seconds on a client counts as idle: pools ask more often under load (J). */
const idleFrom = 10;

/** Clients by what they call themselves, user and host, the largest group first. */
export function groupsOf(clients: readonly ListedClient[]): ClientGroup[] {
  const groups = Map.groupBy(clients, (client) =>
    JSON.stringify([nameOf(client), client.user, hostOf(client)]),
  );
  return [...groups.values()]
    .flatMap((members) => {
      const [first] = members;
      if (first === undefined) return [];
      const quiet = members.filter((client) => isOrdinary(client) && client.idleSeconds >= idleFrom);
      return [
        {
          name: nameOf(first),
          user: first.user,
          host: hostOf(first),
          clients: members.length,
          idle: quiet.length,
          fresh: members.filter(({ ageSeconds }) => ageSeconds < 2 * idleFrom).length,
          longestIdleSeconds: Math.max(0, ...members.map(({ idleSeconds }) => idleSeconds)),
          commands: mostOften(members.map(({ command }) => command)),
        },
      ];
    })
    .toSorted((a, b) => b.clients - a.clients || b.idle - a.idle);
}

function mostOften(commands: readonly string[]): string {
  return [...Map.groupBy(commands, (command) => plain(command, 40))]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, 3)
    .map(([command]) => command)
    .join(', ');
}
