import { Link } from '@tanstack/react-router';
import { Tabs, tabClass } from '../parts/tabs.tsx';

export function QuietTabs() {
  return (
    <Tabs label="What holds alerts back">
      <Link to="/silences" className={tabClass} activeOptions={{ includeSearch: false }}>
        Silences
      </Link>
      <Link to="/maintenance" className={tabClass} activeOptions={{ includeSearch: false }}>
        Maintenance windows
      </Link>
    </Tabs>
  );
}
