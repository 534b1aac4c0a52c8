defmodule Ecto.Adapters.LibSql.Storage.Script do
  @moduledoc false
  # Prepares a script, as the sqlite3 program dumps it, to run inside one transaction: without the statements that
  # begin and end transactions, and without CREATE TABLE of SQLite's internal tables, which SQLite refuses.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  @type statement :: [Tokenizer.token()]

  @doc "The script, and whether it turns foreign keys off, which SQLite does only outside a transaction."
  @spec inside_transaction(String.t()) :: {:ok, String.t(), boolean()} | {:error, String.t()}
  def inside_transaction(text) do
    statements = for statement <- statements(text), do: {statement, words(statement)}

    if Enum.any?(statements, fn {_statement, words} -> rollback?(words) end) do
      {:error, "the script takes back its work itself: ROLLBACK, with which a failed dump ends"}
    else
      kept =
        for {statement, words} <- statements, not left_out?(words), do: Tokenizer.text(statement)

      {:ok, IO.iodata_to_binary(kept),
       Enum.any?(statements, fn {_, words} -> keys_off?(words) end)}
    end
  end

  @doc "The statements, each with the blanks before it and the semicolon after it."
  @spec statements(String.t()) :: [statement()]
  def statements(text), do: text |> Tokenizer.scan() |> pieces([]) |> joined()

  defp pieces([], []), do: []
  defp pieces([], taken), do: [Enum.reverse(taken)]

  defp pieces([{:punct, ";"} = token | rest], taken),
    do: [Enum.reverse([token | taken]) | pieces(rest, [])]

  defp pieces([token | rest], taken), do: pieces(rest, [token | taken])

  # The statements in a trigger end with semicolons too; the trigger ends with END after one.
  defp joined([]), do: []

  defp joined([piece | rest]) do
    if trigger?(words(piece)) do
      {body, rest} = Enum.split_while(rest, &(words(&1) -- [";"] != ["END"]))
      {ending, rest} = Enum.split(rest, 1)
      [Enum.concat([piece | body ++ ending]) | joined(rest)]
    else
      [piece | joined(rest)]
    end
  end

  # The first words of a statement, as many as the decisions here need.
  defp words(statement) do
    statement
    |> Stream.reject(&match?({:space, _}, &1))
    |> Enum.take(6)
    |> Enum.map(&(Tokenizer.keyword(&1) || Tokenizer.name(&1)))
  end

  defp trigger?(["CREATE", temporary, "TRIGGER" | _]) when temporary in ["TEMP", "TEMPORARY"],
    do: true

  defp trigger?(words), do: match?(["CREATE", "TRIGGER" | _], words)

  defp rollback?(["ROLLBACK" | rest]), do: "TO" not in rest
  defp rollback?(_words), do: false

  defp left_out?([word | _]) when word in ["BEGIN", "COMMIT", "END"], do: true
  defp left_out?(["CREATE", "TABLE", "IF", "NOT", "EXISTS", name]), do: own?(name)
  defp left_out?(["CREATE", "TABLE", name | _]), do: own?(name)
  defp left_out?(_words), do: false

  defp own?(name), do: String.starts_with?(String.downcase(name), "sqlite_")

  defp keys_off?(["PRAGMA", "FOREIGN_KEYS", "=", value | _]),
    do: value in ["OFF", "0", "FALSE", "NO"]

  defp keys_off?(_words), do: false
end
