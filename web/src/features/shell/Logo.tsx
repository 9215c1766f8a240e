/** An estimate with its error bar: what the product promises of every number. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0f5f50" />
      <path
        d="M10 7h12M10 25h12M16 7v4.500M16 20.500V25"
        stroke="#bff0dd"
        strokeWidth="2.600"
        strokeLinecap="round"
        fill="none"
      />
      <circle cx="16" cy="16" r="4.500" fill="#fff" />
    </svg>
  );
}
