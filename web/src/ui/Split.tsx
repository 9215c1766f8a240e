import { useLocalStorage } from "@mantine/hooks";
import { type ReactNode, useRef } from "react";
import css from "./Split.module.css";

interface Props {
  left: ReactNode;
  right: ReactNode;
  label: string;
  storageKey: string;
}

const clamp = (percent: number) => Math.min(75, Math.max(25, percent));

/** Two panes with a border that moves by pointer or arrow keys; stacked on narrow screens. */
export function Split({ left, right, label, storageKey }: Props) {
  const [percent, setPercent] = useLocalStorage({ key: storageKey, defaultValue: 46 });
  const box = useRef<HTMLDivElement>(null);
  const drag = (event: React.PointerEvent) => {
    if (!event.buttons || !box.current) return;
    const { left: x, width } = box.current.getBoundingClientRect();
    setPercent(clamp(((event.clientX - x) / width) * 100));
  };
  return (
    <div ref={box} className={css.split} style={{ "--left": `${percent}%` } as React.CSSProperties}>
      {left}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={label}
        aria-valuenow={Math.round(percent)}
        aria-valuemin={25}
        aria-valuemax={75}
        tabIndex={0}
        className={css.handle}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") setPercent(clamp(percent - 2));
          if (event.key === "ArrowRight") setPercent(clamp(percent + 2));
        }}
      />
      {right}
    </div>
  );
}
