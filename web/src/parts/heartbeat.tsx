import { useRef } from 'react';
import { formatClock } from '../format/time.ts';
import styles from './heartbeat.module.css';

type Beat = 1 | 0 | null;

const words = { up: 'up', down: 'down', unknown: 'unknown' };
const slots = 40;
const pitch = 5;
const height = 22;

/**
 * The newest checks, oldest left. Up is a bar, down a full-height bar with a foot, unknown a short stub,
 * so the three differ without colour. Three paths whatever the length: hundreds of rows stay cheap.
 */
export function Heartbeat({
  recent,
  lastAt,
  everyMs,
}: {
  recent: readonly Beat[];
  lastAt: number | null;
  everyMs: number;
}) {
  const holder = useRef<HTMLSpanElement>(null);
  const known = recent.filter((beat) => beat !== null);
  const up = known.filter((beat) => beat === 1).length;
  const lead = Math.max(0, slots - recent.length);
  const label =
    recent.length === 0
      ? 'No checks yet'
      : `${up} of the last ${known.length} checks up${known.length < recent.length ? `, ${recent.length - known.length} unknown` : ''}`;

  function tellBeat(event: React.PointerEvent<HTMLSpanElement>): void {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.min(
      recent.length - 1,
      Math.floor(((event.clientX - box.left) / box.width) * slots) - lead,
    );
    const beat = recent[index];
    if (holder.current === null || lastAt === null || beat === undefined) return;
    const word = beat === null ? words.unknown : beat === 1 ? words.up : words.down;
    holder.current.title = `about ${formatClock(lastAt - (recent.length - 1 - index) * everyMs)}: ${word}`;
  }

  return (
    <span ref={holder} className={styles.strip} role="img" aria-label={label} onPointerMove={tellBeat}>
      <svg
        viewBox={`0 0 ${Math.max(recent.length, slots) * pitch} ${height}`}
        preserveAspectRatio="none"
        width="100%"
        height={height}
        aria-hidden="true"
      >
        <path className={styles.up} d={bars(recent, 1, 4, 14, lead)} />
        <path className={styles.down} d={bars(recent, 0, 0, height, lead)} />
        <path className={styles.unknown} d={bars(recent, null, 9, 4, lead)} />
      </svg>
    </span>
  );
}

function bars(recent: readonly Beat[], kind: Beat, top: number, tall: number, lead: number): string {
  let path = '';
  recent.forEach((beat, index) => {
    if (beat === kind) path += `M${(lead + index) * pitch + 1} ${top}h3v${tall}h-3z`;
  });
  return path;
}
