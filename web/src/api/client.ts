// Requests to this page's own server. Errors are Problems.
import { key } from './key';
import { Problem, problemOf, unreachable } from './problem';

export interface Asked {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

export async function send(path: string, asked: Asked = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  if (key.get() !== '') headers['Authorization'] = `Bearer ${key.get()}`;
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method: asked.method ?? (asked.body === undefined ? 'GET' : 'POST'),
      headers,
      body: asked.body === undefined ? undefined : JSON.stringify(asked.body),
      signal: asked.signal,
      credentials: 'omit',
      cache: 'no-store',
    });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw unreachable();
  }
  if (!response.ok) {
    throw problemOf(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'));
  }
  return response;
}

export async function json<T>(path: string, asked: Asked = {}): Promise<T> {
  const response = await send(path, asked);
  try {
    return (await response.json()) as T;
  } catch {
    throw new Problem("The server's answer could not be read. Try again.", response.status);
  }
}
