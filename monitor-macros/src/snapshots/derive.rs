#[automatically_derived]
impl<T: Copy> rt::Classify for E<T>
where
    T: rt::Classify,
{
    fn classify(&self) -> rt::Class {
        match *self {
            Self::A { .. } => rt::Class::Error("A"),
            Self::B { .. } => rt::Class::Error("B").expected(),
            Self::C { inner: ref __inner } => rt::Classify::classify(__inner),
            Self::r#Type { .. } => rt::Class::Error("Type"),
        }
    }
}
