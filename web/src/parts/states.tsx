import { Button, Skeleton } from '@mantine/core';
import { IconLock, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { ApiError } from '../api/request.ts';
import styles from './states.module.css';

export function Empty({
  icon,
  title,
  children,
}: {
  icon?: React.ReactNode;
  title: string;
  children?: React.ReactNode;
}) {
  return (
    <div className={styles.empty}>
      {icon === undefined ? null : <span className={styles.icon}>{icon}</span>}
      <p className={styles.title}>{title}</p>
      {children === undefined ? null : <div className={styles.text}>{children}</div>}
    </div>
  );
}

export function Loading({ rows = 4, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className={styles.loading} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton
          key={`row-${String(row)}`}
          height={row === 0 ? 26 : 46}
          width={row === 0 ? '38%' : '100%'}
        />
      ))}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const isDenied = error instanceof ApiError && error.status === 403;
  const message = error instanceof Error ? error.message : 'Something went wrong.';
  return (
    <div role="alert">
      <Empty
        icon={isDenied ? <IconLock size={26} /> : <IconPlugConnectedX size={26} />}
        title={isDenied ? 'Your account may not see this' : 'This could not be loaded'}
      >
        <p>{message}</p>
        {isDenied ? <p>Ask the owner of this Upkeep for the role that is needed.</p> : null}
        {retry === undefined || isDenied ? null : (
          <Button variant="default" size="xs" mt="sm" leftSection={<IconRefresh size={15} />} onClick={retry}>
            Try again
          </Button>
        )}
      </Empty>
    </div>
  );
}

/** Loading, failed and loaded of one query; what was loaded before stays while a refresh fails. */
export function Loaded<T>({
  query,
  rows,
  children,
}: {
  query: UseQueryResult<T>;
  rows?: number;
  children: (data: T) => React.ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}
