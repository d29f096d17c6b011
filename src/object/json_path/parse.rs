//! Text to path: one parser for paths alone and for those within a template.

use serde_json::Value;

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Member(String),
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        every: usize,
    },
    /// All items or members.
    Every,
    /// The value itself and all that lies within it.
    Descend,
    /// What several ways lead to, one way after the other.
    Union(Vec<Step>),
    Filter(Box<Filter>),
}

/// Items for which a comparison holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) left: Operand,
    /// `None`: the left side exists.
    pub(super) comparison: Option<(Comparison, Operand)>,
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// From the item on.
    Path(Vec<Step>),
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How many filters and ranges may lie within each other. Reading and following a path take a piece of the stack for each; kubectl's own
/// examples have one.
const DEPTH_MOST: usize = 16;

/// Where something is not understood, in characters, and why.
pub(super) type Parsed<T> = Result<T, &'static str>;

/// Reads a text that is one path and nothing else.
pub(super) fn whole_path(text: &str) -> Result<Vec<Step>, (usize, &'static str)> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser = Parser::new(&chars);
    parser.skip('$');
    let parsed = parser.path().and_then(|path| if parser.at == chars.len() { Ok(path) } else { Err("unexpected character") });
    parsed.map_err(|reason| (parser.at, reason))
}

/// Reads on in a text of which it is at some character.
pub(super) struct Parser<'a> {
    pub(super) chars: &'a [char],
    pub(super) at: usize,
    /// The filters and ranges it is within.
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(chars: &'a [char]) -> Self {
        Self { chars, at: 0, depth: 0 }
    }

    /// Reads what lies within a filter or a range.
    pub(super) fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH_MOST {
            return Err("filters or ranges are nested more than 16 deep");
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    /// A path of at least one step.
    pub(super) fn path(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    match self.peek() {
                        None if steps.is_empty() => return Err("an empty path"),
                        Some('.') => {
                            self.at += 1;
                            steps.push(Step::Descend);
                            if self.peek() != Some('[') {
                                steps.push(self.named()?);
                            }
                        }
                        Some('[') => {}
                        _ => steps.push(self.named()?),
                    }
                }
                Some('[') => steps.push(self.bracketed()?),
                Some(_) if steps.is_empty() => steps.push(self.named()?),
                _ if steps.is_empty() => return Err("an empty path"),
                _ => return Ok(steps),
            }
        }
    }

    fn named(&mut self) -> Parsed<Step> {
        if self.skip('*') {
            return Ok(Step::Every);
        }
        let mut name = String::new();
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    name.push(self.peek().ok_or("nothing after a backslash")?);
                }
                '.' | ',' | '[' | ']' | '=' | '!' | '<' | '>' | ')' | '(' | ' ' | '{' | '}' => break,
                _ => name.push(c),
            }
            self.at += 1;
        }
        if name.is_empty() { Err("a name is missing") } else { Ok(Step::Member(name)) }
    }

    fn bracketed(&mut self) -> Parsed<Step> {
        self.expect('[')?;
        let mut ways = vec![self.way()?];
        self.spaces();
        while self.skip(',') {
            self.spaces();
            ways.push(self.way()?);
            self.spaces();
        }
        self.expect(']')?;
        Ok(if ways.len() > 1 { Step::Union(ways) } else { ways.remove(0) })
    }

    fn way(&mut self) -> Parsed<Step> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Step::Every)
            }
            Some('\'' | '"') => Ok(Step::Member(self.quoted()?)),
            Some('?') => Ok(Step::Filter(Box::new(self.within(Self::filter)?))),
            _ => self.index_or_slice(),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Step> {
        let start = self.integer()?;
        if !self.skip(':') {
            return start.map(Step::Index).ok_or("an index, '*', a quoted name or a filter is expected");
        }
        let end = self.integer()?;
        let every = if self.skip(':') { self.integer()? } else { None };
        match usize::try_from(every.unwrap_or(1)) {
            Ok(every @ 1..) => Ok(Step::Slice { start, end, every }),
            _ => Err("the step of a slice must be positive"),
        }
    }

    fn filter(&mut self) -> Parsed<Filter> {
        self.expect('?')?;
        self.expect('(')?;
        self.spaces();
        let left = self.operand()?;
        self.spaces();
        let comparison = match self.comparison()? {
            None => None,
            Some(comparison) => {
                self.spaces();
                let right = self.operand()?;
                self.spaces();
                Some((comparison, right))
            }
        };
        self.expect(')')?;
        Ok(Filter { left, comparison })
    }

    fn comparison(&mut self) -> Parsed<Option<Comparison>> {
        let Some(first) = self.peek().filter(|c| "=!<>".contains(*c)) else { return Ok(None) };
        self.at += 1;
        let or_equal = self.skip('=');
        Ok(Some(match (first, or_equal) {
            ('=', true) => Comparison::Equal,
            ('!', true) => Comparison::NotEqual,
            ('<', false) => Comparison::Less,
            ('<', true) => Comparison::LessOrEqual,
            ('>', false) => Comparison::Greater,
            ('>', true) => Comparison::GreaterOrEqual,
            _ => return Err("a comparison is ==, !=, <, <=, > or >="),
        }))
    }

    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            Some('@') => {
                self.at += 1;
                let path = if matches!(self.peek(), Some('.' | '[')) { self.path()? } else { Vec::new() };
                Ok(Operand::Path(path))
            }
            Some('.' | '[') => Ok(Operand::Path(self.path()?)),
            _ => Ok(Operand::Literal(self.literal()?)),
        }
    }

    /// A text in quotes, a number or a truth value.
    pub(super) fn literal(&mut self) -> Parsed<Value> {
        if matches!(self.peek(), Some('\'' | '"')) {
            return Ok(self.quoted()?.into());
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        serde_json::from_str(&word).map_err(|_| "neither a path, a text in quotes, a number nor a truth value")
    }

    fn quoted(&mut self) -> Parsed<String> {
        let quote = self.peek().ok_or("a quote is missing")?;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek().ok_or("a quote is not closed")? {
                c if c == quote => break,
                '\\' => {
                    self.at += 1;
                    text.push(match self.peek().ok_or("nothing after a backslash")? {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                }
                c => text.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(text)
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '-') {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        self.chars[start..self.at].iter().collect::<String>().parse().map(Some).map_err(|_| "an index is a whole number")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn skip(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, c: char) -> Parsed<()> {
        if self.skip(c) {
            return Ok(());
        }
        Err(match c {
            '[' | ']' => "a square bracket is missing",
            '(' | ')' => "a round bracket is missing",
            _ => "an operator or bracket is missing",
        })
    }

    pub(super) fn spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }
}
