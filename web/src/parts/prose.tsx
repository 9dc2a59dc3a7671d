import { lazy, Suspense } from 'react';
import { Loading } from './states.tsx';

const Markdown = lazy(() => import('./markdown.tsx'));

export function Prose({ text }: { text: string }) {
  return (
    <Suspense fallback={<Loading rows={2} />}>
      <Markdown text={text} />
    </Suspense>
  );
}
