import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { changeBehind } from './evidence.ts';

/** The share from which places count as used up: what the rule redis.clients warns at. */
const nearlyFull = 0.8;
/** A group that holds so much of the limit, and of which so many are idle, keeps what it does not use (J). */
const leakShare = 0.3;
const idleShare = 0.5;
/** What may be closed: longer than the round of a pool, and within the bounds of the action. */
const idleSeconds = { least: 10, most: 300 };
const mostClosed = 100;

export function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const live = find(evidence, target, 'clients-by-owner');
  const seen = find(evidence, target, 'clients-last-seen');
  const answers = [textOf(live?.facts?.answer), textOf(find(evidence, target, 'last-answer')?.text)];
  const refusal = answers.find((answer) => /max number of clients/i.test(answer));
  const isLive = live?.table !== undefined;
  const source = isLive ? live : seen;
  const [used, limit] = [numberOf(live?.facts?.used), numberOf(live?.facts?.limit)];
  const isFull = limit > 0 && used / limit >= nearlyFull;
  const isRejecting = numberOf(live?.facts?.rejectedSinceLastSample) > 0;
  if (!isFull && !isRejecting && (live?.facts?.used !== undefined || refusal === undefined)) return [];

  const [owner] = rowsOf(source);
  const change = changeBehind(evidence, target, ({ name }) => name === 'maxclients');
  const most = limit || numberOf(source?.facts?.limit);
  const isLeak = owner !== undefined && isLeaking(owner, most);
  // They came just now: a look in a few seconds tells whether they are used.
  const isOpen =
    owner !== undefined && !isLeak && numberOf(owner.fresh) / numberOf(owner.clients) >= idleShare;
  return [
    {
      id: 'redis.clients-exhausted',
      target,
      past: `${taken(used, limit, 'were')}${owner === undefined ? '' : `, ${held(owner)}`}`,
      summary: `${taken(used, limit, 'are')}${owner === undefined ? '' : `, ${held(owner)}`}${isLive || seen === undefined ? '' : `, as last seen ${formatDuration(Math.max(0, (live?.at ?? seen.at) - seen.at))} before`}`,
      explanation: [
        refusal === undefined
          ? rejections(live)
          : `The server is alive and turns connections away: ${refusal}.`,
        change === undefined
          ? ''
          : `The limit itself was changed: maxclients ${textOf(change.before)} -> ${textOf(change.now)}.`,
        use(owner, isLeak, isOpen),
        'CONFIG SET maxclients gives room at once, within the limit of open files; it does not end a leak. Do not restart the server: its clients come back as they are.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: owner === undefined ? 0.6 : isLive && isFull && !isOpen ? 0.92 : 0.75,
      ...(change === undefined ? {} : { change: textOf(change.change) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: isLive
        ? []
        : [
            live?.unseen ?? 'who holds the connections now',
            'a connection of Upkeep is kept open and looks when one was there before; on the machine of Redis: ss -tnp',
          ],
      ...(isLeak || owner === undefined
        ? {}
        : { decides: ['pool size times processes of each application, against maxclients'] }),
      recommendations: isLive && isLeak ? [closing(owner, target)] : [],
    },
  ];
}

function isLeaking(owner: Row, limit: number): boolean {
  const clients = numberOf(owner.clients);
  return limit > 0 && clients / limit >= leakShare && numberOf(owner.idle) / clients >= idleShare;
}

function taken(used: number, limit: number, are: 'are' | 'were'): string {
  return limit > 0 ? `${used} of ${limit} connections ${are} taken` : `all connections ${are} taken`;
}

function held(owner: Row): string {
  return `${numberOf(owner.clients)} by clients ${called(owner)} from ${textOf(owner.host)}${
    numberOf(owner.idle) > 0
      ? `, ${numberOf(owner.idle)} of them idle for up to ${formatDuration(numberOf(owner.longestIdleSeconds) * 1_000)}`
      : ''
  }`;
}

function called({ name, user }: Row): string {
  const own = textOf(name) === '' ? 'without a name' : `named ${textOf(name)}`;
  return textOf(user) === '' || user === 'default' ? own : `${own} (user ${textOf(user)})`;
}

function rejections(live: Evidence | undefined): string {
  const rejected = numberOf(live?.facts?.rejected);
  return rejected > 0 ? `${count(rejected, 'connection')} turned away since the server started.` : '';
}

function use(owner: Row | undefined, isLeak: boolean, isOpen: boolean): string {
  if (owner === undefined) return 'Who holds the connections could not be seen.';
  if (isLeak)
    return `They hold connections and do not use them (last: ${textOf(owner.commands)}), as when a process opens one for each piece of work and does not close it. Closing idle ones lets others in; the client has to be mended, or CONFIG SET timeout set so that the server closes them.`;
  if (isOpen && owner.idle !== null)
    return 'They connected within the last seconds; whether they are used is seen at the next look.';
  return owner.idle === null
    ? 'Whether they use them was not measured.'
    : 'Most of them are at work: pools are too large or there are too many processes for this limit. Nothing is closed for that.';
}

function closing(owner: Row, target: string): Recommendation {
  const idle = numberOf(owner.idle);
  // The half of the longest that are idle go first: those that were left last may still come back.
  const least = Math.floor(numberOf(owner.longestIdleSeconds) / 2);
  return {
    action: 'redis.kill-idle-clients',
    target,
    input: {
      idleSeconds: Math.min(idleSeconds.most, Math.max(idleSeconds.least, least)),
      name: textOf(owner.name),
      user: textOf(owner.user),
      host: textOf(owner.host),
      atMost: Math.min(mostClosed, Math.max(1, idle)),
    },
    why: `${count(idle, 'connection')} that nobody uses keep others out; a client that needs one connects anew`,
  };
}
