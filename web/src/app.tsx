import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { ApiError } from './api/request.ts';
import { router } from './routes.tsx';
import { nonce } from './theme/nonce.ts';
import { theme } from './theme/theme.ts';

/** Answers that asking again does not change. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => !isFinal(error) && failures < 2,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

// A session that ended shows at the next answer, whichever it is.
client.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'error') return;
  const { error } = event.action;
  if (error instanceof ApiError && error.status === 401 && event.query.queryKey[0] !== 'session') {
    void client.invalidateQueries({ queryKey: ['session'] });
  }
});

const colorSchemes = localStorageColorSchemeManager({ key: 'upkeep-color-scheme' });

export function App() {
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        colorSchemeManager={colorSchemes}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
        <Notifications position="bottom-right" limit={3} autoClose={6_000} />
      </MantineProvider>
    </StrictMode>
  );
}
