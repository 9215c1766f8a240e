/** Where the labels of a time axis stand: always on buckets that are drawn, on round local times, never too close. */
const STRIDES = [1, 2, 3, 5, 6, 10, 12, 15, 24, 30, 60, 120, 240, 360, 720, 1440];
const LABEL_PX = 64;

export function ticksOf(times: number[], step: number, width: number, zoneMinutes = zoneOf(times)): number[] {
  const most = Math.max(1, Math.floor(width / LABEL_PX));
  const least = Math.ceil(times.length / most);
  const stride = STRIDES.find((each) => each >= least) ?? least;
  const round = times.filter((t) => Math.floor((t - zoneMinutes * 60_000) / step) % stride === 0);
  return round.length ? round : times.slice(0, 1);
}

function zoneOf(times: number[]): number {
  return times[0] === undefined ? 0 : new Date(times[0]).getTimezoneOffset();
}
