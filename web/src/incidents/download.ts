import type { PostmortemView } from '../api/incidents.ts';

const kinds = {
  markdown: { type: 'text/markdown', ending: 'md' },
  html: { type: 'text/html', ending: 'html' },
  pdf: { type: 'application/pdf', ending: 'pdf' },
};

/** Hands the browser a file; it is saved, never shown as a page of this origin. */
export function save(name: string, { format, content, encoding }: PostmortemView): void {
  const { type, ending } = kinds[format];
  const data = encoding === 'base64' ? Uint8Array.from(atob(content), (each) => each.charCodeAt(0)) : content;
  const url = URL.createObjectURL(new Blob([data], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.${ending}`;
  link.click();
  URL.revokeObjectURL(url);
}
