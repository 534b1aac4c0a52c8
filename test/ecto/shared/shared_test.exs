# The suites of ecto and ecto_sql, whole; what is left out stands in setup.exs.

Enum.each(Ecto.Integration.LibSqlSetup.files(), &Ecto.Integration.LibSqlSetup.load/1)
