defmodule Ecto.Adapters.LibSql.Types.JsonbTest do
  # JSONB, SQLite's binary JSON, and the settings map_type and array_type.
  use ExUnit.Case, async: false
  use ExUnitProperties

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.{Codec, Jsonb}

  defp json do
    scalar =
      one_of([
        constant(nil),
        boolean(),
        integer(),
        float(),
        string(:utf8),
        string(:ascii, min_length: 300)
      ])

    tree(scalar, fn inner ->
      one_of([list_of(inner, max_length: 4), map_of(string(:utf8), inner, max_length: 4)])
    end)
  end

  property "decoding an encoded term gives the term" do
    check all(term <- json(), max_runs: 200) do
      assert Jsonb.decode(Jsonb.encode(term), &Jason.decode/1) == {:ok, term}
    end
  end

  property "truncated and random bytes are an error or a term, and raise nothing" do
    check all(bytes <- binary(), max_runs: 300) do
      assert match?({:ok, _}, Jsonb.decode(bytes, &Jason.decode/1)) or
               Jsonb.decode(bytes, &Jason.decode/1) == :error
    end
  end

  # Written by hand after sqlite.org/jsonb.html: SQLite 3.45 and later produce these.
  test "all kinds of elements are decoded" do
    decode = fn hex -> hex |> Base.decode16!() |> Jsonb.decode(&Jason.decode/1) end
    assert decode.("4C17611331") == {:ok, %{"a" => 1}}
    assert decode.("38785C6E") == {:ok, "x\n"}
    assert decode.("4430783146") == {:ok, 31}
    assert decode.("262E35") == {:ok, 0.5}
    assert decode.("CB03000102") == {:ok, [nil, true, false]}
    assert decode.("4C17611331FF") == :error
    assert Codec.load_json(Base.decode16!("4C17611331")) == {:ok, %{"a" => 1}}
  end

  describe "map_type and array_type: :binary" do
    setup do
      on_exit(fn ->
        for key <- [:map_type, :array_type], do: Application.delete_env(:ecto_libsql, key)
      end)
    end

    test "declare BLOB columns and dump maps as JSONB, which loads" do
      Application.put_env(:ecto_libsql, :map_type, :binary)
      assert Types.column(:map, strict: true) == "BLOB"
      assert Types.column({:array, :integer}, strict: true) == "TEXT"
      adapter = Ecto.Adapters.LibSql
      value = %{"at" => ~D[2020-01-01], "n" => [1, 2.5]}
      assert {:ok, {:blob, bytes}} = Ecto.Type.adapter_dump(adapter, :map, value)
      loaded = {:ok, %{"at" => "2020-01-01", "n" => [1, 2.5]}}
      assert Ecto.Type.adapter_load(adapter, :map, bytes) == loaded
    end
  end
end
