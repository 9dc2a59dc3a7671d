import { Menu, UnstyledButton } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { overviewQuery } from '../api/queries.ts';
import { count } from '../format/words.ts';
import styles from './navigation.module.css';
import { type Place, places } from './places.ts';

export function Navigation({ kind }: { kind: 'side' | 'foot' }) {
  const { data } = useQuery(overviewQuery);
  const badges: Partial<
    Record<Place['to'], { amount: number; words: string; tone: 'critical' | 'warning' }>
  > = {
    '/incidents': {
      amount: data?.incidents.length ?? 0,
      words: `${data?.incidents.length ?? 0} open`,
      tone: 'critical',
    },
    '/actions': {
      amount: data?.approvals ?? 0,
      words: `${count(data?.approvals ?? 0, 'action')} waiting for approval`,
      tone: 'warning',
    },
  };
  const { pathname } = useLocation();
  const shown = places.filter((place) => kind === 'side' || !place.isInMore);
  return (
    <nav className={styles[kind]} aria-label={kind === 'side' ? 'Main' : 'Main, foot of the page'}>
      <ul>
        {shown.map(({ to, word, Icon, also }) => {
          const badge = badges[to];
          return (
            <li key={to}>
              <Link
                to={to}
                className={`${styles.link} ${also !== undefined && pathname.startsWith(also) ? 'active' : ''}`}
                activeOptions={{ exact: to === '/', includeSearch: false }}
              >
                <Icon size={kind === 'side' ? 18 : 21} stroke={1.7} aria-hidden />
                <span className={styles.word}>{word}</span>
                {badge !== undefined && badge.amount > 0 ? (
                  <span className={styles.badge} data-tone={badge.tone}>
                    <span aria-hidden>{badge.amount}</span>
                    <span className={styles.hidden}>, {badge.words}</span>
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
        {kind === 'foot' ? (
          <li>
            <More />
          </li>
        ) : null}
      </ul>
    </nav>
  );
}

/** The places that do not fit into the bar. */
function More() {
  const { pathname } = useLocation();
  const rest = places.filter(({ isInMore }) => isInMore);
  const isHere = rest.some(
    ({ to, also }) => pathname.startsWith(to) || (also !== undefined && pathname.startsWith(also)),
  );
  return (
    <Menu position="top-end" width={220} shadow="md">
      <Menu.Target>
        <UnstyledButton className={`${styles.link} ${isHere ? 'active' : ''}`}>
          <IconDots size={21} stroke={1.7} aria-hidden />
          <span className={styles.word}>More</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {rest.map(({ to, word, Icon }) => (
          <Menu.Item key={to} component={Link} to={to} leftSection={<Icon size={16} />}>
            {word}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
