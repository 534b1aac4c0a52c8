defmodule Ecto.Adapters.LibSql.Migration.DDL.Comment do
  @moduledoc false
  # `comment:` of a table, a column, an index or a constraint, as a comment in the text of its CREATE, which
  # SQLite stores.

  @spec sql(String.t() | nil) :: iodata()
  def sql(nil), do: []
  def sql(text), do: ["/* ", String.replace(text, "*/", "* /"), " */ "]
end
