import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { labelCells } from './label-cells.ts';
import styles from './markdown.module.css';
import { ScrollBox } from './scroll-box.tsx';

/**
 * Markdown as React elements: raw HTML stays out, addresses other than http, https and mailto are dropped,
 * and pictures are left out so that no text can make the page ask another machine.
 */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className={styles.prose}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[labelCells]}
        skipHtml
        disallowedElements={['img']}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {children}
            </a>
          ),
          h1: ({ children }) => <h3>{children}</h3>,
          h2: ({ children }) => <h3>{children}</h3>,
          h3: ({ children }) => <h4>{children}</h4>,
          table: ({ children }) => (
            <ScrollBox>
              <table>{children}</table>
            </ScrollBox>
          ),
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
