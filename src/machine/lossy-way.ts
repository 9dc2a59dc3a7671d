/** A diagnosis for every system with a network address: packets to it are lost, while most arrive as fast as ever. */
import { count } from '../core/count.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../core/system.ts';
import { withDeadline } from './network/deadline.ts';
import { type Destination, dial, hostAndPort } from './network/dial.ts';
import { sharedWork } from './shared-reading.ts';

export interface LossyWayOptions<Conn> {
  /** `http`: the id becomes `http.lossy-way`. */
  readonly kind: string;
  readonly explains: readonly string[];
  /** Undefined where there is no address on a network, as with a socket file. */
  readonly destination: (conn: Conn) => Destination | undefined;
}

/** Of 24 dials with 10 % lost, two or more are late with 70 %; with 20 % with 97 %. */
const dials = 24;
const withinMs = 3_500;
/**
 * Where many dial at once a short accept queue (listen(2); 5 in Python's http.server) turns their first packets away,
 * which looks like loss and would be our own doing.
 */
const apartMs = 60;
/** A first packet that is not answered is sent again after a second (RFC 6298, 2.1), so nothing in between is loss. */
const resentSeconds = 0.95;
const quickSeconds = 0.4;
const leastLate = 2;
const leastQuick = 4;

export function lossyWay<Conn>({ kind, explains, destination }: LossyWayOptions<Conn>): Diagnosis<Conn> {
  const id = `${kind}.lossy-way`;
  return {
    id,
    title: 'packets on the way are lost',
    summary: 'Packets on the way are lost: some connections wait for a second attempt, the others are quick',
    explains,
    async gather(conn, target, ctx) {
      const to = destination(conn);
      return to === undefined ? [] : [await dialEvidence(target, to, ctx)];
    },
    conclude: (evidence, target) => conclude(id, evidence, target),
  };
}

/** A timer that wakes us so much later than it should says that answers lay unread meanwhile. */
const standstillMs = 200;

/** How long it took; null where that says nothing of loss, NaN where it was refused. */
type Seconds = number | null;

interface Attempt {
  readonly seconds: Promise<Seconds>;
  /** Monotonic milliseconds. */
  endedAt: number | null;
  wasUnread: boolean;
}

const shared = sharedWork<string, Seconds[]>();

/** When a hundred targets of one address fail together, one trial serves them all. */
function tryOften(to: Destination, ctx: DiagnosisContext): Promise<Seconds[]> {
  return shared(hostAndPort(to.host, to.port), () => tryInTurn(to, ctx));
}

/** Each waits for the one before to have begun: after a standstill of our own they would all crowd in at once. */
async function tryInTurn(to: Destination, ctx: DiagnosisContext): Promise<Seconds[]> {
  const { clock } = ctx;
  const attempts: Attempt[] = [];
  const isUnderWay = ({ endedAt }: Attempt) => endedAt === null;
  while (attempts.length < dials || attempts.some(isUnderWay)) {
    if (attempts.length < dials) attempts.push(attempt(to, ctx));
    const due = clock.monotonic() + apartMs;
    // Time is up before their turn: what was not tried says nothing of loss.
    if (!(await isItsTurn(ctx, apartMs))) break;
    if (clock.monotonic() < due + standstillMs) continue;
    for (const one of attempts) if (one.endedAt === null || one.endedAt > due) one.wasUnread = true;
  }
  const seconds = await Promise.all(
    attempts.map(async (one) => {
      const took = await one.seconds;
      return one.wasUnread && took !== null && took >= quickSeconds ? null : took;
    }),
  );
  return [...seconds, ...Array.from({ length: dials - attempts.length }, () => null)];
}

function attempt(to: Destination, ctx: DiagnosisContext): Attempt {
  const seconds = withDeadline(ctx, withinMs, async (dialContext) => {
    try {
      const { socket, connectSeconds } = await dial(to, dialContext);
      socket.destroy();
      return connectSeconds;
    } catch {
      return dialContext.signal.aborted ? Number.POSITIVE_INFINITY : Number.NaN;
    }
  });
  const self: Attempt = { seconds, endedAt: null, wasUnread: false };
  void seconds.then(() => {
    self.endedAt = ctx.clock.monotonic();
  });
  return self;
}

async function dialEvidence(target: string, to: Destination, ctx: DiagnosisContext): Promise<Evidence> {
  const all = await tryOften(to, ctx);
  const seconds = all.filter((each) => each !== null);
  const unknown = all.length - seconds.length;
  const late = seconds.filter((each) => each >= resentSeconds).length;
  const quick = seconds.filter((each) => each < quickSeconds).length;
  const refused = seconds.filter(Number.isNaN).length;
  return {
    id: `${target}.dials`,
    target,
    title: `${dials} connections to ${hostAndPort(to.host, to.port)}, one each ${apartMs} ms`,
    how: `for n in $(seq ${dials}); do curl -so /dev/null -m 4 -w '%{time_connect}\\n' ${hostAndPort(to.host, to.port)} & sleep 0.06; done`,
    at: ctx.clock.now(),
    facts: {
      dials,
      quick,
      late,
      between: seconds.length - quick - late - refused,
      refused,
      ...(unknown > 0 ? { unknown } : {}),
      address: hostAndPort(to.host, to.port),
    },
  };
}

function isItsTurn(ctx: DiagnosisContext, waitMs: number): Promise<boolean> {
  return ctx.clock.sleep(waitMs, ctx.signal).then(
    () => true,
    () => false,
  );
}

function conclude(id: string, evidence: readonly Evidence[], target: string) {
  const piece = evidence.find((each) => each.id === `${target}.dials`);
  const facts = piece?.facts;
  if (piece === undefined || facts === undefined) return [];
  const [late, quick, between, refused] = [facts.late, facts.quick, facts.between, facts.refused].map(Number);
  if (!(Number(late) >= leastLate && Number(quick) >= leastQuick)) return [];
  // A server that is slow to accept makes all of them slow, not some of them by exactly a second attempt.
  if (Number(between) + Number(refused) > Number(late)) return [];
  return [
    {
      id,
      target,
      summary: `packets to ${facts.address} are lost: ${late} of ${dials} connections had to be tried a second time, ${count(Number(quick), 'was quick', 'were quick')}`,
      explanation: `A connection whose first packet is lost begins again after a second; all between is quick. So the server answers and what it runs on is well: packets are lost or dropped on the way to it or back (about ${Math.round((Number(late) / dials) * 100)} %). Look for a rule that drops or limits (iptables -nvL, nft list ruleset), a full link or a full accept queue there (ss -ltn), a bad cable or a provider: mtr shows the hop. Restarting either end helps nobody.`,
      confidence: Number(late) >= 2 * leastLate ? 0.9 : 0.8,
      evidence: [piece.id],
      unseen: ['at which hop they are lost'],
      decides: [`mtr -rwc 50 ${String(facts.address).replace(/:\d+$/, '')}`],
      recommendations: [],
    },
  ];
}
