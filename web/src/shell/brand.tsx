import styles from './shell.module.css';

export function BrandMark({ size = 30 }: { size?: number }) {
  return (
    <svg className={styles.brandMark} viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="9" className={styles.brandGround} />
      <path
        d="M9.5 8.5v7.5a6.5 6.5 0 0 0 13 0v-1.5"
        fill="none"
        stroke="#fff"
        strokeWidth="3.2"
        strokeLinecap="round"
      />
      <circle cx="22.5" cy="8.9" r="2.3" fill="#f2b95c" />
    </svg>
  );
}
