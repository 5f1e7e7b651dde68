//! Reads the tables and the code of a guide.

/// A row of a table: a request, and all that it leaves behind.
#[derive(Debug)]
pub(crate) struct Row {
    /// Method and path.
    pub(crate) request: String,
    pub(crate) body: String,
    /// The client leaves before the answer.
    pub(crate) hangs_up: bool,
    /// The store was stopped before.
    pub(crate) stopped: bool,
    /// The status, or `–`.
    pub(crate) answer: String,
    /// Function, or `route` and a template; and its result, or the status.
    counted: String,
    /// Level and message of each line from `WARN` on.
    pub(crate) lines: Vec<String>,
    /// The titles of the events.
    pub(crate) events: Vec<String>,
}

impl Row {
    pub(crate) fn counted(&self) -> (&str, &str) {
        self.counted.rsplit_once(' ').expect("a name and a result")
    }
}

/// The rows of tables whose head begins with `| request |`.
pub(crate) fn rows(page: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("| request |") {
            let table = lines
                .by_ref()
                .skip(1)
                .take_while(|line| line.starts_with('|'));
            rows.extend(table.map(row));
        }
    }
    rows
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [request, answer, counted, lines, events] = cells[..] else {
        panic!("five cells: {line}");
    };
    let mut quoted = quoted(request).into_iter();
    Row {
        request: quoted.next().expect("a method and a path"),
        body: quoted.next().unwrap_or_default(),
        hangs_up: request.contains("the client hangs up"),
        stopped: request.contains("the store is down"),
        answer: answer.to_owned(),
        counted: self::quoted(counted).join(" "),
        lines: self::quoted(lines),
        events: self::quoted(events),
    }
}

/// Returns the texts between backticks in a cell.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The Rust code of a guide, a block each, in which `// …` stands for what is left out.
pub(crate) fn code(page: &str) -> Vec<String> {
    let blocks = page.split("```rust,ignore\n").skip(1);
    let blocks = blocks.filter_map(|rest| Some(rest.split_once("```")?.0));
    blocks
        .flat_map(|block| block.split("// …\n"))
        .map(|part| part.trim_end().to_owned())
        .collect()
}
