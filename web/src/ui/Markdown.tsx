import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import css from "./Markdown.module.css";

/** Links show where they lead and never carry the page along; images are named, not fetched: traces must not phone out. */
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow" title={href} className="link">
      {children}
    </a>
  ),
  img: ({ alt, src }) => <span className="faint">[image: {alt || String(src ?? "")}]</span>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  h1: ({ children }) => <p className={css.heading}>{children}</p>,
  h2: ({ children }) => <p className={css.heading}>{children}</p>,
  h3: ({ children }) => <p className={css.heading}>{children}</p>,
  h4: ({ children }) => <p className={css.heading}>{children}</p>,
  h5: ({ children }) => <p className={css.heading}>{children}</p>,
  h6: ({ children }) => <p className={css.heading}>{children}</p>,
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
};

export default function Markdown({ text }: { text: string }) {
  return (
    <div className={css.markdown}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
