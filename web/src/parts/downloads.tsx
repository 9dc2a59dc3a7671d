import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { tellFailure } from './tell.ts';

const formats = {
  markdown: { word: 'Markdown', type: 'text/markdown', ending: 'md' },
  html: { word: 'HTML', type: 'text/html', ending: 'html' },
  pdf: { word: 'PDF', type: 'application/pdf', ending: 'pdf' },
} as const;

export type Format = keyof typeof formats;
const inOrder: readonly Format[] = ['markdown', 'html', 'pdf'];

/** A document as the server wrote it. */
interface Written {
  readonly format: Format;
  readonly content: string;
  readonly encoding: 'text' | 'base64';
}

interface Props {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly request: (format: Format) => Promise<Written>;
}

/** One button for each format that a document can be had in. */
export function Downloads({ name, request }: Props) {
  const [busy, setBusy] = useState<Format | null>(null);
  const download = (format: Format) => {
    setBusy(format);
    request(format)
      .then((written) => save(name, written))
      .catch((error: unknown) => tellFailure(error instanceof Error ? error : new Error(String(error))))
      .finally(() => setBusy(null));
  };
  return (
    <Button.Group>
      {inOrder.map((format) => (
        <Button
          key={format}
          variant="default"
          leftSection={format === 'markdown' ? <IconDownload size={16} /> : undefined}
          loading={busy === format}
          aria-label={`Download as ${formats[format].word}`}
          onClick={() => download(format)}
        >
          {formats[format].word}
        </Button>
      ))}
    </Button.Group>
  );
}

/** Hands the browser a file; it is saved, never shown as a page of this origin. */
function save(name: string, { format, content, encoding }: Written): void {
  const { type, ending } = formats[format];
  const data = encoding === 'base64' ? Uint8Array.from(atob(content), (each) => each.charCodeAt(0)) : content;
  const url = URL.createObjectURL(new Blob([data], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.${ending}`;
  link.click();
  URL.revokeObjectURL(url);
}
