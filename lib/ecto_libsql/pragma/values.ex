defmodule EctoLibSql.Pragma.Values do
  @moduledoc false
  # Encodes names and values for the text of a pragma, and decodes its results. Pragmas take no parameters, so
  # this is the only place that decides what their text may contain.

  @switches ~w(
    automatic_index cell_size_check checkpoint_fullfsync defer_foreign_keys foreign_keys fullfsync
    ignore_check_constraints legacy_alter_table query_only read_uncommitted recursive_triggers
    reverse_unordered_selects trusted_schema writable_schema
  )

  @words %{
    "synchronous" => %{0 => :off, 1 => :normal, 2 => :full, 3 => :extra},
    "temp_store" => %{0 => :default, 1 => :file, 2 => :memory},
    "auto_vacuum" => %{0 => :none, 1 => :full, 2 => :incremental},
    "secure_delete" => %{0 => false, 1 => true, 2 => :fast},
    "locking_mode" => %{"normal" => :normal, "exclusive" => :exclusive},
    "journal_mode" => %{
      "delete" => :delete,
      "truncate" => :truncate,
      "persist" => :persist,
      "memory" => :memory,
      "wal" => :wal,
      "off" => :off
    }
  }

  @doc false
  # A pragma's name, with its schema if it has one.
  @spec identifier(term()) :: {:ok, String.t()} | {:error, {:invalid_identifier, term()}}
  def identifier(name) do
    with {:ok, schema, bare} <- qualified(name), do: {:ok, schema <> bare}
  end

  @doc false
  # The schema with its dot, or "", and the name.
  @spec qualified(term()) ::
          {:ok, String.t(), String.t()} | {:error, {:invalid_identifier, term()}}
  def qualified(name)
      when (is_atom(name) and name not in [nil, true, false]) or is_binary(name) do
    parts = name |> to_string() |> String.split(".")

    case {Enum.all?(parts, &(&1 =~ ~r/\A[A-Za-z_][A-Za-z0-9_]*\z/)), parts} do
      {true, [bare]} -> {:ok, "", bare}
      {true, [schema, bare]} -> {:ok, schema <> ".", bare}
      _ -> {:error, {:invalid_identifier, name}}
    end
  end

  def qualified(name), do: {:error, {:invalid_identifier, name}}

  # Sizes in bytes, of 64 bits. All other numbers have 32 bits; SQLite takes a larger one as 0.
  @wide ~w(hard_heap_limit journal_size_limit max_page_count mmap_size soft_heap_limit)

  @doc false
  # The value of the pragma `name` as SQL text.
  @spec literal(String.t(), term()) :: {:ok, String.t()} | {:error, {:invalid_value, term()}}
  def literal(_name, true), do: {:ok, "1"}
  def literal(_name, false), do: {:ok, "0"}

  def literal(name, value) when is_integer(value) do
    bits = if bare(name) in @wide, do: 64, else: 32
    <<kept::signed-size(bits)>> = <<value::size(bits)>>
    if kept == value, do: {:ok, Integer.to_string(value)}, else: {:error, {:invalid_value, value}}
  end

  def literal(_name, value) when is_float(value), do: {:ok, Float.to_string(value)}

  def literal(_name, value) when is_binary(value) or (is_atom(value) and value != nil) do
    text = to_string(value)

    if String.valid?(text) and not String.contains?(text, <<0>>),
      do: {:ok, "'" <> String.replace(text, "'", "''") <> "'"},
      else: {:error, {:invalid_value, value}}
  end

  def literal(_name, value), do: {:error, {:invalid_value, value}}

  @doc false
  # A pragma's answer as plain Elixir data; the table is in EctoLibSql.Pragma.get/2.
  @spec convert(String.t(), EctoLibSql.Result.t()) :: {:ok, term()} | {:error, String.t()}
  def convert(name, %{columns: none}) when none in [nil, []],
    do: {:error, "pragma #{name} has no value"}

  def convert(name, %{columns: [_], rows: [[value]]}) do
    {:ok, name |> bare() |> word(value)}
  end

  def convert(_name, %{columns: [_], rows: rows}), do: {:ok, Enum.map(rows, &hd/1)}

  def convert(_name, %{columns: columns, rows: rows}),
    do: {:ok, Enum.map(rows, &Map.new(Enum.zip(columns, &1)))}

  defp bare(name), do: name |> String.split(".") |> List.last() |> String.downcase()

  defp word(name, value) when name in @switches, do: value == 1
  defp word(name, value), do: @words |> Map.get(name, %{}) |> Map.get(value, value)
end
