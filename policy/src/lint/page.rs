//! The page of a rule: the comment at the head of its file, and the examples in it.

/// The page in Markdown: the `//!` lines at the beginning of a rule's source.
pub(super) fn text(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let mut page = String::new();
    for line in lines {
        page.push_str(line.strip_prefix(' ').unwrap_or(line));
        page.push('\n');
    }
    page
}

/// The first example below the heading `# Bad` or `# Good`.
pub(super) fn example(source: &str, heading: &str) -> Option<String> {
    let page = text(source);
    let heading = format!("# {heading}");
    let mut lines = page.lines().skip_while(|line| *line != heading).skip_while(|line| !line.starts_with("```"));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with("```")).collect();
    Some(body.join("\n"))
}
