//! Pages as text. Whatever comes from outside goes through [`escape`].

use std::fmt::Write;

/// A page that is being made.
pub(super) struct Page(String);

impl Page {
    /// A page with its heading; one that renews itself does so every other second.
    pub(super) fn new(title: &str, renews: bool) -> Self {
        let title = escape(title);
        let renew = if renews { "<meta http-equiv=\"refresh\" content=\"2\">" } else { "" };
        Self(format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{renew}<title>{title} - wardbook</title>\
             <link rel=\"stylesheet\" href=\"/ui/style.css\"></head><body>\
             <nav><b>wardbook</b> <a href=\"/ui\">Keys</a> <a href=\"/ui/log\">Decisions</a></nav><h1>{title}</h1>"
        ))
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        // Writing into a text does not fail.
        let _ = write!(self.0, "<p>{}</p>", escape(text));
        self
    }

    pub(super) fn heading(mut self, text: &str) -> Self {
        let _ = write!(self.0, "<h2>{}</h2>", escape(text));
        self
    }

    pub(super) fn verbatim(mut self, text: &str) -> Self {
        let _ = write!(self.0, "<pre>{}</pre>", escape(text));
        self
    }

    /// Rows of cells that are made already.
    pub(super) fn table(mut self, heads: &[&str], rows: impl Iterator<Item = String>) -> Self {
        self.0.push_str("<table><thead><tr>");
        for head in heads {
            let _ = write!(self.0, "<th>{}</th>", escape(head));
        }
        self.0.push_str("</tr></thead><tbody>");
        for row in rows {
            let _ = write!(self.0, "<tr>{row}</tr>");
        }
        self.0.push_str("</tbody></table>");
        self
    }

    pub(super) fn end(self) -> String {
        self.0 + "</body></html>\n"
    }
}

/// A cell with a text.
pub(super) fn cell(text: &str) -> String {
    format!("<td>{}</td>", escape(text))
}

/// A link to another page of ours.
pub(super) fn link(path: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape(path), escape(text))
}

/// A text in which nothing is markup, between tags and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// How pages look.
pub(super) const STYLE: &str = "
body { font: 14px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 90rem; padding: 0 1.5rem 3rem; color: #222;
  background: #fff }
nav { padding: .8rem 0; border-bottom: 1px solid #ccc } nav a { margin-left: 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem } a { color: #1a5fb4 }
table { border-collapse: collapse; width: 100% } small { display: block; color: #555 }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #e3e3e3;
  overflow-wrap: anywhere }
th { background: #f4f4f4 } .yes { color: #176b2c } .no { color: #a51d2d }
pre { background: #f7f7f7; padding: .8rem; overflow: auto }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let page = Page::new("<b>", false).text("a & \"b\" '<script>'").table(&["<i>"], std::iter::once(cell("</td>")));
        let page = page.verbatim("</pre>").end();
        for markup in ["<b>a", "<script>", "<i>", "</td></td>", "</pre></pre>"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
        assert!(page.contains("a &amp; &quot;b&quot; &#39;&lt;script&gt;&#39;"), "{page}");
    }
}
