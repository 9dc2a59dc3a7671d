import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { followEvents } from '../api/live.ts';
import { overviewQuery } from '../api/queries.ts';
import { setTeamZone, useShownZone } from '../format/zone.ts';
import { AccountMenu } from './account-menu.tsx';
import { BrandMark } from './brand.tsx';
import { LiveState, StaleBanner, useIsStale } from './live-state.tsx';
import { Navigation } from './navigation.tsx';
import styles from './shell.module.css';
import { ShortcutHelp } from './shortcut-help.tsx';
import { useShortcuts } from './shortcuts.ts';
import { ZoneNote } from './zone-note.tsx';

export function Shell({
  account,
  children,
}: {
  account: { name: string; role: string };
  children: React.ReactNode;
}) {
  const client = useQueryClient();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useEffect(() => followEvents(client), [client]);
  useShortcuts(() => setHelpOpen(true));
  const main = useFocusOnArrival();
  const isStale = useIsStale();
  const zone = useZoneOfPages();

  return (
    <div className={styles.frame}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.side}>
        <Installation />
        <Navigation kind="side" />
        <div className={styles.foot}>
          <LiveState />
          <ZoneNote />
          <AccountMenu account={account} onHelp={() => setHelpOpen(true)} />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main} data-stale={isStale || undefined}>
        <StaleBanner />
        <div key={zone} className={styles.page}>
          {children}
        </div>
      </main>
      <Navigation kind="foot" />
      <ShortcutHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

/** A page is drawn anew when its zone changes: every time on it is another text. */
function useZoneOfPages(): string {
  const { data } = useQuery(overviewQuery);
  const timezone = data?.timezone;
  useEffect(() => {
    if (timezone !== undefined) setTeamZone(timezone);
  }, [timezone]);
  return useShownZone();
}

function Installation() {
  const { data } = useQuery(overviewQuery);
  return (
    <div className={styles.installation}>
      <BrandMark />
      <div className={styles.names}>
        <span className={styles.product}>Upkeep</span>
        <span className={styles.name}>
          {data?.name ?? ' '}
          {data?.environment ? ` · ${data.environment}` : ''}
        </span>
      </div>
    </div>
  );
}

/** A page that was gone to is read from its start by those who listen. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
