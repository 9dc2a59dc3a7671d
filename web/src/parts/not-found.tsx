import { Button } from '@mantine/core';
import { IconBug, IconMapQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Empty } from './states.tsx';
import { useTitle } from './title.ts';

export function NotFound() {
  useTitle('Not found');
  return (
    <>
      <h1>There is no such page</h1>
      <Empty icon={<IconMapQuestion size={30} />} title="The address leads nowhere">
        <p>It may be mistyped, or what it named is past its retention.</p>
        <Button component={Link} to="/" variant="default" mt="md">
          Go to the overview
        </Button>
      </Empty>
    </>
  );
}

export function Crashed({ error }: { error: unknown }) {
  useTitle('Failed');
  return (
    <div role="alert">
      <Empty icon={<IconBug size={30} />} title="This page failed">
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <Button variant="default" mt="md" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      </Empty>
    </div>
  );
}
