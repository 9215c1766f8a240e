/** Gathers single requests for a moment and sends them together, at most `size` at a time. */
export function batcher<T>(load: (ids: string[]) => Promise<T[]>, idOf: (item: T) => string, size = 40, waitMs = 8) {
  interface Waiting {
    id: string;
    resolve: (item: T) => void;
    reject: (error: Error) => void;
  }
  let waiting: Waiting[] = [];

  async function send(batch: Waiting[]) {
    try {
      const found = new Map((await load([...new Set(batch.map((w) => w.id))])).map((item) => [idOf(item), item]));
      for (const w of batch) {
        const item = found.get(w.id);
        item ? w.resolve(item) : w.reject(new Error(`the server does not have ${w.id}`));
      }
    } catch (error) {
      for (const w of batch) w.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function flush() {
    const all = waiting;
    waiting = [];
    for (let i = 0; i < all.length; i += size) void send(all.slice(i, i + size));
  }

  return (id: string): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!waiting.length) setTimeout(flush, waitMs);
      waiting.push({ id, resolve, reject });
    });
}
