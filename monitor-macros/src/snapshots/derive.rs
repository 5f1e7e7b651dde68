#[automatically_derived]
impl<'a, T: Copy> rt::Classify for E<'a, T>
where
    T: rt::Classify,
{
    fn classify(&self) -> rt::Class {
        match *self {
            Self::A { .. } => rt::Class::Error("A"),
            Self::B { .. } => rt::Class::Error("B").expected(),
            Self::C { inner: ref __inner } => rt::Classify::classify(__inner),
            Self::r#Type { .. } => rt::Class::Error("Type"),
            Self::NotFound { .. } => rt::Class::Ok,
            Self::Other { 0: ref __inner } => {
                rt::__private::Held::of(__inner)
                    .__monitor_class(__inner)
                    .unwrap_or(rt::Class::Error("Other"))
                    .expected()
            }
            Self::Lent { 0: ref __inner } => {
                rt::__private::Held::of(__inner)
                    .__monitor_class(__inner)
                    .unwrap_or(rt::Class::Error("Lent"))
            }
        }
    }
    #[allow(unreachable_patterns)]
    fn __monitor_inner(&self) -> rt::__private::Option<rt::__private::Inner<'_>> {
        match *self {
            Self::Other { 0: ref __inner } => {
                rt::__private::Seen::of(__inner).__monitor_inner(__inner)
            }
            _ => rt::__private::Option::None,
        }
    }
}
#[automatically_derived]
impl<'a, T: Copy> rt::__private::KnownClasses for E<'a, T>
where
    T: rt::Classify,
{
    const CLASSES: &'static [&'static str] = &["A", "B", "Type"];
}
