fn f(n: u8) -> Vec<u8> {
    use std::io::{Read as _, Write as Out};
    struct Other(u8);
    impl Other {
        fn get(self) -> u8 {
            self.0
        }
    }
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> Vec<u8> {
            let found = Other(n);
            vec![found.get()]
        },
        ::monitor_runtime::__private::judge!([Vec < u8 >]),
    )
}
