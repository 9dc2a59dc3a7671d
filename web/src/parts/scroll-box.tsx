import { useEffect, useRef, useState } from 'react';
import styles from './scroll-box.module.css';

/** What is wider than the page scrolls within itself; the side where more is fades out. */
export function ScrollBox({ label, children }: { label?: string; children: React.ReactNode }) {
  const box = useRef<HTMLElement>(null);
  const [more, setMore] = useState({ before: false, after: false });
  const isScrollable = more.before || more.after;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => {
      const before = element.scrollLeft > 1;
      const after = element.scrollLeft + element.clientWidth < element.scrollWidth - 1;
      setMore((old) => (old.before === before && old.after === after ? old : { before, after }));
    };
    look();
    const observer = new ResizeObserver(look);
    for (const each of [element, ...element.children]) observer.observe(each);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return (
    <section
      ref={box}
      className={styles.box}
      data-before={more.before || undefined}
      data-after={more.after || undefined}
      aria-label={label}
      // The arrow keys scroll what has the focus.
      tabIndex={isScrollable ? 0 : undefined}
    >
      {children}
    </section>
  );
}
