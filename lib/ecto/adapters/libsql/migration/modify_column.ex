defmodule Ecto.Adapters.LibSql.Migration.ModifyColumn do
  @moduledoc false
  # Applies `modify` to the definition of one column. Clauses that the options do not name stay.

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Reference

  @spec apply(Definition.Column.t(), Ecto.Migration.Table.t(), term(), keyword()) ::
          Definition.Column.t()
  def apply(column, table, type, opts) do
    only_when_added!(column, opts)

    column
    |> type(type, opts)
    |> reference(table, type)
    |> null(opts)
    |> default(type, opts)
    |> check(opts)
    |> comment(opts)
  end

  @doc "The old type in `from:`, which is a type or a tuple of type and options; [] without it."
  @spec was(keyword()) :: [term()]
  def was(opts) do
    case opts[:from] do
      nil -> []
      {type, opts} when is_list(opts) -> [type]
      type -> [type]
    end
  end

  ## Type and collation

  defp type(column, type, opts) do
    {written, own} = type |> DDL.Column.written_type(opts) |> DDL.Column.split_collation()

    collation =
      case DDL.Column.collate(opts) do
        [] -> own || kept(column, written, opts)
        given -> given |> text() |> String.trim()
      end

    Definition.Column.put(%{column | type: written}, :collate, collation)
  end

  # The collation of a type such as :citext goes with it. One that was given by `collate:` stays as long as the
  # column holds texts.
  defp kept(column, written, opts) do
    with %{text: clause} <- Enum.find(column.clauses, &(&1.kind == :collate)),
         true <- (column.type == "" or text?(column.type)) and text?(written),
         false <- Tokenizer.fold(clause) in ["collate decimal" | brought(opts)] do
      clause
    else
      _gone -> nil
    end
  end

  defp brought(opts) do
    for type <- was(opts),
        not match?({:array, _inner}, type),
        {_type, collation} =
          type |> DDL.Column.written_type(opts) |> DDL.Column.split_collation(),
        collation != nil,
        do: Tokenizer.fold(collation)
  end

  # TEXT affinity (sqlite.org/datatype3.html, 3.1).
  defp text?(type), do: type =~ ~r/char|clob|text/i and not (type =~ ~r/int/i)

  ## Clauses

  defp reference(column, table, %Reference{with: []} = reference) do
    named = if reference.name, do: ["CONSTRAINT ", Quote.name(reference.name), ?\s], else: []

    Definition.Column.put(
      column,
      :references,
      text([named, DDL.Column.references(table, reference)])
    )
  end

  defp reference(column, _table, _type), do: column

  defp null(column, opts) do
    case Keyword.fetch(opts, :null) do
      {:ok, false} ->
        column
        |> Definition.Column.put(:null, nil)
        |> Definition.Column.put(:not_null, "NOT NULL")

      {:ok, true} ->
        Definition.Column.put(column, :not_null, nil)

      :error ->
        column
    end
  end

  defp default(column, type, opts) do
    case Keyword.fetch(opts, :default) do
      {:ok, nil} -> Definition.Column.put(column, :default, nil)
      {:ok, value} -> put_default(column, DDL.Default.literal(value, type))
      :error -> column
    end
  end

  defp put_default(column, nil), do: column

  defp put_default(column, sql),
    do: Definition.Column.put(column, :default, text(["DEFAULT ", sql]))

  # A column may have several checks: one of the same name, or of the same text, is replaced.
  defp check(column, opts) do
    case opts[:check] do
      nil ->
        column

      check ->
        sql = check |> DDL.Column.check() |> text() |> String.trim()
        name = if is_map(check), do: check.name |> to_string() |> Tokenizer.fold()
        Definition.Column.put_check(column, name, sql)
    end
  end

  defp comment(column, opts) do
    case Keyword.fetch(opts, :comment) do
      {:ok, comment} ->
        Definition.Column.put(column, :comment, comment && text(DDL.Comment.sql(comment)))

      :error ->
        column
    end
  end

  defp only_when_added!(column, opts) do
    for key <- [:start_value, :autoincrement, :increment, :unindexed, :stored], opts[key] do
      raise ArgumentError,
            "#{inspect(key)} is for a column that is added, got it on modify of #{column.name}"
    end

    if opts[:generated] do
      raise ArgumentError,
            "a column with values cannot become a generated one, got generated: " <>
              "#{inspect(opts[:generated])} for #{column.name}; remove the column and add it anew"
    end
  end

  defp text(iodata), do: IO.iodata_to_binary(iodata)
end
