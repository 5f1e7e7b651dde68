#[allow(
    elided_named_lifetimes,
    clippy::async_yields_async,
    clippy::diverging_sub_expression,
    clippy::let_unit_value,
    clippy::needless_arbitrary_self_type,
    clippy::no_effect_underscore_binding,
    clippy::shadow_same,
    clippy::type_complexity,
    clippy::type_repetition_in_bounds,
    clippy::used_underscore_binding
)]
fn get<'life0, 'life1, 'async_trait>(
    &'life0 self,
    id: u32,
    key: &'life1 str,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<String, Error>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    'life1: 'async_trait,
    Self: 'async_trait,
{
    Box::pin(
        ::monitor_runtime::__private::run_async_by_inferred_type(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .fields(& ["self.id", "key"]).future()
                .classes(::monitor_runtime::__private::of_error!(CLASSES Error Error)) })
            )
                .start_with(|__monitor_fields| {
                    __monitor_fields.value(&(self.id));
                    __monitor_fields.value(&(key));
                })
                .wait(),
            async move {
                if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<
                    Result<String, Error>,
                > {
                    #[allow(unreachable_code)] return __ret;
                }
                let __self = self;
                let id = id;
                let __ret: Result<String, Error> = { __self.find(id, key).await };
                #[allow(unreachable_code)] __ret
            },
            |__monitor_returned: &_| {
                ::monitor_runtime::__private::judge!(__monitor_returned, plain)
            },
        ),
    )
}
