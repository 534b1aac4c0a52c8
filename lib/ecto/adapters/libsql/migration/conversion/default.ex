defmodule Ecto.Adapters.LibSql.Migration.Conversion.Default do
  @moduledoc false
  # The DEFAULT of a column whose type changes, where `modify` names no new one: it is converted as the
  # values are, so that a row which takes it is found like the others.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.{Column, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.DDL.CurrentTime

  @constants ~w(NULL TRUE FALSE)

  @doc """
  The default of the column as SQL after the conversion that `convert` gives for an expression; nil if it stays.
  """
  @spec convert(
          Ecto.Adapter.adapter_meta(),
          Column.t(),
          term(),
          keyword(),
          (iodata() -> iodata())
        ) ::
          String.t() | nil
  def convert(meta, column, type, opts, convert) do
    tokens = tokens(column)
    text = tokens |> Tokenizer.text() |> String.trim()

    cond do
      tokens == [] -> nil
      constant?(tokens) -> constant(meta, column, text, convert)
      CurrentTime.current?(text) -> current(text, type)
      opts[:same_declaration] -> nil
      true -> refuse!(column, text)
    end
  end

  # `DEFAULT x` or `CONSTRAINT name DEFAULT x`
  defp tokens(%Column{clauses: clauses}) do
    case Enum.find(clauses, &(&1.kind == :default)) do
      nil ->
        []

      %{text: text} ->
        text
        |> Tokenizer.scan()
        |> Enum.drop_while(&(Tokenizer.keyword(&1) != "DEFAULT"))
        |> Enum.drop(1)
    end
  end

  # Without a function or CURRENT_TIMESTAMP.
  defp constant?(tokens), do: Enum.all?(tokens, &constant_token?/1)

  defp constant_token?({:word, text} = word),
    do: text =~ ~r/^[\d.]/ or Tokenizer.keyword(word) in ["X" | @constants]

  defp constant_token?({:quoted, _}), do: false
  defp constant_token?(_token), do: true

  defp constant(meta, column, text, convert) do
    value = [?(, text, ?)]
    query = ["SELECT quote(", convert.(value), "), ", value, " IS NULL"]

    case Catalog.rows(meta, IO.iodata_to_binary(query)) do
      [["NULL", 0]] -> refuse!(column, text)
      [[literal, _null?]] -> literal
    end
  end

  defp current(text, type) do
    case CurrentTime.default(text, type) do
      ^text -> nil
      sql -> sql
    end
  end

  @spec refuse!(Column.t(), String.t()) :: no_return()
  defp refuse!(column, text) do
    raise ArgumentError,
          "the default #{text} of column #{column.name} does not convert to the new type; give the new " <>
            "one as default: (nil for none)"
  end
end
