/** Lists that a cascade makes long: the first of them, and the rest where somebody asks for it. */
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import styles from './fold.module.css';

/** `one` more is no shorter than what it stands for. */
function firstOf<One>(all: readonly One[], most: number): readonly One[] {
  return all.length <= most + 1 ? all : all.slice(0, most);
}

/** Links to targets, the first of them; the rest unfolds. */
export function TargetNames({ names, most = 8 }: { names: readonly string[]; most?: number }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? names : firstOf(names, most);
  return (
    <>
      {shown.map((name, index) => (
        <Fragment key={name}>
          {index === 0 ? '' : ', '}
          <Link to="/targets/$name" params={{ name }}>
            {name}
          </Link>
        </Fragment>
      ))}
      {shown.length === names.length ? null : (
        <>
          {' and '}
          <button type="button" className={styles.more} onClick={() => setWhole(true)}>
            {names.length - shown.length} more
          </button>
        </>
      )}
    </>
  );
}

/**
 * The first rows of a list and a button for the rest.
 * @param what of the button: `Show 97 more targets`
 */
export function FirstRows<One>({
  all,
  most,
  what,
  isWithin = false,
  children,
}: {
  all: readonly One[];
  most: number;
  what: (left: number) => string;
  /** Among rows with their own edges; across the whole panel where left out. */
  isWithin?: boolean;
  children: (one: One, index: number) => React.ReactNode;
}) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? all : firstOf(all, most);
  return (
    <>
      {shown.map(children)}
      {shown.length === all.length ? null : (
        <li>
          <button
            type="button"
            className={`${styles.more} ${isWithin ? styles.within : styles.row}`}
            onClick={() => setWhole(true)}
          >
            Show {what(all.length - shown.length)}
          </button>
        </li>
      )}
    </>
  );
}

/** A part of a list under its name, to be unfolded. */
export function Group({
  name,
  note,
  isOpen = false,
  children,
}: {
  name: React.ReactNode;
  /** Beside the name: `12 rules`. */
  note: string;
  isOpen?: boolean;
  children: React.ReactNode;
}) {
  return (
    <details className={styles.group} open={isOpen}>
      <summary>
        {name} <span>{note}</span>
      </summary>
      {children}
    </details>
  );
}
