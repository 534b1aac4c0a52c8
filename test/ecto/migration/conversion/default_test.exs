defmodule Ecto.Adapters.LibSql.Migration.Conversion.DefaultTest do
  # The default of a column whose type changes.
  use EctoLibSql.ConversionCase

  alias Ecto.Adapters.LibSql, as: Adapter

  @utc ~U[2024-02-29 12:00:00Z]

  describe "the default" do
    defp default_after(type, default, to, opts \\ []) do
      table_of(type, [], column: [default: default])
      alter([{:modify, :x, to, opts}])
      sql!("INSERT INTO t (id) VALUES (1)")
      hd(loaded(to))
    end

    test "is converted with the values" do
      assert default_after(:utc_datetime, @utc, :utc_datetime_usec) ==
               ~U[2024-02-29 12:00:00.000000Z]

      assert default_after(:string, "7", :integer) == 7
      assert default_after(:decimal, Decimal.new("7.5"), :integer) == 8
      assert default_after(:boolean, true, :string, from: :boolean) == "true"
      assert default_after(:string, "ä", :binary) == "ä"
      assert default_after(:integer, -7, :string) == "-7"
      assert default_after(:string, nil, :integer) == nil
    end

    test "that is the current time has the form of the new type" do
      for {from, to} <- [
            {:utc_datetime, :utc_datetime_usec},
            {:naive_datetime_usec, :utc_datetime},
            {:utc_datetime, :date}
          ] do
        now = default_after(from, {:fragment, "CURRENT_TIMESTAMP"}, to)
        assert Ecto.Type.adapter_dump(Adapter, to, now) == {:ok, hd(hd(rows("SELECT x FROM t")))}
      end
    end

    test "that is given stays as it is given" do
      assert default_after(:string, "x", :integer, default: 3) == 3
      assert default_after(:string, "x", :integer, default: nil) == nil
    end

    test "that does not convert is refused, and so is an expression" do
      for default <- ["x", {:fragment, "lower(hex(randomblob(16)))"}] do
        assert_raise ArgumentError, ~r/the default .* of column "x".*default:/, fn ->
          default_after(:string, default, :integer)
        end
      end
    end

    test "that is an expression stays where the declared type stays" do
      table_of(:binary_id, [], column: [default: {:fragment, "lower(hex(randomblob(16)))"}])
      before = stored()
      alter([{:modify, :x, :binary_id, []}])
      assert stored() == before
    end
  end
end
