defmodule Ecto.Adapters.LibSql.Constraints do
  @moduledoc false
  # Which of a schema's constraints an error is about. SQLite reports tables and columns, and a name only for
  # checks and expression indexes; Lookup finds the others while there is a connection and leaves them in the
  # error. Without them the names are those that Ecto gives by default.

  alias Ecto.Adapters.LibSql.Constraints.Message

  @kinds %{
    constraint_unique: :unique,
    constraint_primarykey: :unique,
    constraint_rowid: :unique,
    constraint_foreignkey: :foreign_key,
    constraint_check: :check,
    constraint_notnull: :not_null
  }

  @spec to_constraints(Exception.t() | map(), keyword()) :: keyword()
  def to_constraints(%{sqlite: %{constraints: [_ | _] = constraints}}, _opts), do: constraints

  def to_constraints(%{message: message} = error, _opts) when is_binary(message) do
    parts = Message.parse(message)
    if parts && parts.kind == kind(error, parts), do: constraint(parts), else: []
  end

  def to_constraints(_error, _opts), do: []

  @doc """
  The kind of violated constraint, from the error's code; nil for other errors. Only the message distinguishes
  a trigger's RAISE from a foreign key with the action RESTRICT, which have one code, and the errors of a map
  without codes.
  """
  @spec kind(Exception.t() | map(), Message.t() | nil) :: Message.kind() | nil
  def kind(%{sqlite: %{extended_code: :constraint_trigger}}, %{kind: kind})
      when kind in [:foreign_key, :raised],
      do: kind

  def kind(%{sqlite: %{extended_code: code}}, _parts), do: @kinds[code]
  def kind(_without_codes, parts), do: parts && parts.kind

  defp constraint(%{kind: :foreign_key}), do: [foreign_key: :unknown]
  defp constraint(%{kind: :unique} = parts), do: [unique: parts.name || index_name(parts)]
  defp constraint(%{kind: :not_null} = parts), do: [check: index_name(parts)]
  defp constraint(%{kind: kind, name: name}) when kind in [:check, :raised], do: [check: name]

  defp index_name(%{table: table, columns: columns}),
    do: Enum.join([table | columns] ++ ["index"], "_")
end
