import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useRevokeToken } from '../api/changes.ts';
import { tokensQuery } from '../api/queries.ts';
import type { TokenView } from '../api/shapes.ts';
import { Age } from '../parts/age.tsx';
import { ConfirmedButton } from '../parts/confirmed-button.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';
import { NewTokenDialog } from './new-token-dialog.tsx';
import styles from './settings.module.css';

export function TokenPanel() {
  const tokens = useQuery(tokensQuery);
  const [isMaking, setMaking] = useState(false);
  return (
    <Panel
      title="API tokens"
      count={tokens.data?.filter(({ revokedAt }) => revokedAt === null).length}
      flush
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={15} />}
          onClick={() => setMaking(true)}
        >
          New token
        </Button>
      }
    >
      <Loaded query={tokens} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<IconKey size={26} />} title="No token yet">
              Programs and models use one to ask this Upkeep, with no more scope than they need.
            </Empty>
          ) : (
            <ul aria-label="API tokens">
              {list.map((token) => (
                <TokenRow key={token.id} token={token} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isMaking ? <NewTokenDialog onClose={() => setMaking(false)} /> : null}
    </Panel>
  );
}

function TokenRow({ token }: { token: TokenView }) {
  const revoke = useRevokeToken();
  const isRevoked = token.revokedAt !== null;
  return (
    <li className={styles.row} data-ended={isRevoked || undefined}>
      <div className={styles.token}>
        <strong>{token.name}</strong>
        <span className={styles.scopes}>
          {token.scopes.map((scope) => (
            <Chip key={scope} tone={scope === 'read' ? 'quiet' : scope === 'operate' ? 'busy' : 'warning'}>
              {scope}
            </Chip>
          ))}
        </span>
        <span className={styles.soft}>
          created <Age at={token.createdAt} />,{' '}
          {token.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              used <Age at={token.lastUsedAt} />
            </>
          )}
          {token.revokedAt === null ? null : (
            <>
              , revoked <Age at={token.revokedAt} />
            </>
          )}
        </span>
      </div>
      {isRevoked ? null : (
        <span className={styles.sure}>
          <ConfirmedButton
            needs="admin"
            word="Revoke"
            what={token.name}
            isBusy={revoke.isPending}
            onConfirm={() =>
              revoke.mutate(token.id, {
                onSuccess: () => tellDone(`${token.name} is revoked`),
                onError: tellFailure,
              })
            }
          />
        </span>
      )}
    </li>
  );
}
