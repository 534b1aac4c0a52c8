defmodule EctoLibSql.Result do
  @moduledoc """
  The result of a statement.

    * `command` - `:select`, `:insert`, `:update`, `:delete`, `:create` (CREATE and ALTER),
      `:drop`, `:pragma`, `:begin`, `:commit`, `:rollback`, `:batch`, `:other` or `:unknown`.
    * `columns` - the names, also when there are no rows; nil for statements that yield none.
    * `rows` - a list of lists, or nil.
    * `num_rows` - rows returned, or rows changed by a write.

  A result enumerates its rows:

      iex> result = EctoLibSql.Result.new(columns: ["id", "name"], rows: [[1, "Ada"]], num_rows: 1)
      iex> Enum.to_list(result)
      [[1, "Ada"]]
      iex> EctoLibSql.Result.to_maps(result)
      [%{"id" => 1, "name" => "Ada"}]

  With the package `table` it is a `Table.Reader`, so that Livebook shows it as a table.
  """

  defstruct command: nil, columns: nil, rows: nil, num_rows: 0

  @type t :: %__MODULE__{
          command: atom(),
          columns: [String.t()] | nil,
          rows: [[term()]] | nil,
          num_rows: non_neg_integer()
        }

  @doc "A result from a keyword list or a map of its fields; other keys are ignored."
  @spec new(keyword() | map()) :: t()
  def new(fields \\ []), do: struct(__MODULE__, fields)

  @doc "The rows as maps from column name to value; of several columns with one name the last counts."
  @spec to_maps(t()) :: [%{String.t() => term()}]
  def to_maps(%__MODULE__{columns: columns, rows: rows})
      when is_list(columns) and is_list(rows) do
    for row <- rows, do: columns |> Enum.zip(row) |> Map.new()
  end

  def to_maps(%__MODULE__{}), do: []

  @doc false
  # As the NIF builds it.
  @spec from_nif(EctoLibSql.Nif.result()) :: t()
  def from_nif({command, columns, rows, num_rows}),
    do: %__MODULE__{command: command, columns: columns, rows: rows, num_rows: num_rows}

  defimpl Enumerable do
    def count(%{rows: rows}), do: {:ok, length(rows || [])}
    def member?(%{rows: rows}, row), do: {:ok, row in (rows || [])}
    def reduce(%{rows: rows}, acc, fun), do: Enumerable.List.reduce(rows || [], acc, fun)

    def slice(%{rows: nil}), do: {:ok, 0, fn _start, _length -> [] end}
    def slice(%{rows: _rows}), do: {:error, __MODULE__}
  end
end

# Livebook and others show tables by this protocol, where the package `table` is there.
if Code.ensure_loaded?(Table.Reader) do
  defimpl Table.Reader, for: EctoLibSql.Result do
    # A statement that yields no rows is a table without columns.
    def init(%{columns: columns, rows: rows}) do
      rows = rows || []
      {:rows, %{columns: columns || [], count: length(rows)}, rows}
    end
  end
end
