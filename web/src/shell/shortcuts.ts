import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { places } from './places.ts';

const secondKeyMs = 1_200;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('input[type="search"]');
  field?.focus();
  field?.select();
  return field !== null;
}

/** `/` finds, `?` helps, `g` and a letter goes somewhere. Never while somebody types or a dialog is open. */
export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let wentAt = 0;
    function press(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      if (event.key === '?') {
        onHelp();
      } else if (event.key === '/') {
        event.preventDefault();
        if (!focusSearch()) void navigate({ to: '/' }).then(() => requestAnimationFrame(focusSearch));
      } else if (event.key === 'g') {
        wentAt = event.timeStamp;
      } else if (event.timeStamp - wentAt < secondKeyMs) {
        const place = places.find(({ key }) => key === event.key);
        wentAt = 0;
        if (place) void navigate({ to: place.to });
      }
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [navigate, onHelp]);
}
